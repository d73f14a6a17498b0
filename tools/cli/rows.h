/* rows: the options that several commands of several programs have, written once. Initialisers for tables of option_row. */
#ifndef TOOLS_CLI_ROWS_H
#define TOOLS_CLI_ROWS_H

#define ROW_BATCH_ID \
	{.name = "batch-id", .variable = "BATCH_ID", .kind = OPTION_STRING, .required = true, \
	 .help = "name of the batch, as the clients use it"}
#define ROW_N_DATA \
	{.name = "n-data", .variable = "N_DATA", .kind = OPTION_NUMBER, .required = true, \
	 .help = "number of fields of a record on the wire, 1 to 262143"}
#define ROW_PRECISION \
	{.name = "precision", .variable = "PRECISION", .kind = OPTION_NUMBER, .fallback = "0", \
	 .help = "bits of each unsigned integer, 1 to 42; n-data is their number times this; 0: the fields are bits"}
#define ROW_PRG \
	{.name = "prg", .variable = "PRG", .kind = OPTION_CHOICE, .fallback = "batch", .choices = "batch|legacy", \
	 .help = "how the generator's key is made; legacy is for Firefox 69 and clients of its time"}
#define ROW_ALLOW_FORGEABLE_SIZE \
	{.name = "allow-forgeable-size", .variable = "ALLOW_FORGEABLE_SIZE", .kind = OPTION_FLAG, \
	 .help = "accept an n-data at which a client can forge a proof (n-data + 1 a power of two)"}
#define ROW_SERVER_ID \
	{.name = "server-id", .variable = "SERVER_ID", .kind = OPTION_CHOICE, .required = true, .choices = "A|B", \
	 .help = "which of the two servers this is"}
#define ROW_PRIVATE_KEY \
	{.name = "private-key-hex", .variable = "PRIVATE_KEY_HEX", .kind = OPTION_SECRET, .required = true, \
	 .file_name = "private-key-file", .help = "this server's private key, 64 hexadecimal digits"}
#define ROW_SHARED_SECRET \
	{.name = "shared-secret", .variable = "SHARED_SECRET", .kind = OPTION_SECRET, .required = true, \
	 .help = "the secret of both servers, base64 of 16 bytes"}
#define ROW_PUBLIC_KEY_INTERNAL \
	{.name = "public-key-hex-internal", .variable = "PUBLIC_KEY_HEX_INTERNAL", .kind = OPTION_STRING, \
	 .required = true, .help = "this server's public key, 64 hexadecimal digits"}
#define ROW_PUBLIC_KEY_EXTERNAL \
	{.name = "public-key-hex-external", .variable = "PUBLIC_KEY_HEX_EXTERNAL", .kind = OPTION_STRING, \
	 .required = true, .help = "the other server's public key, 64 hexadecimal digits"}

#endif
