#include "prio/vector_line.h"

#include <inttypes.h>
#include <jansson.h>

#include "base/error.h"

static enum prio_status read_value(struct vector_line *line, size_t index, const json_t *value, struct prio_error *error)
{
	uint32_t precision = line->params->precision;
	json_int_t largest = precision == 0 ? 255 : ((json_int_t)1 << precision) - 1;
	json_int_t number;

	if (json_is_integer(value))
		number = json_integer_value(value);
	else if (json_is_boolean(value))
		number = json_is_true(value);
	else
		return error_set(error, PRIO_ERR_FORMAT, "value %zu of \"payload\" is not an integer", index);
	if (number < 0 || number > largest)
		return error_set(error, PRIO_ERR_FORMAT, "value %zu of \"payload\" is %lld; it must be 0 to %lld", index,
				 (long long)number, (long long)largest);
	if (precision == 0) {
		line->fields[index] = (uint8_t)number;
		line->is_no_bits |= number > 1;
	} else {
		line->values[index] = (uint64_t)number;
	}
	return PRIO_OK;
}

static enum prio_status read_id(struct vector_line *line, const json_t *root, struct prio_error *error)
{
	const json_t *id = json_object_get(root, "id");

	line->has_id = id != NULL;
	if (id == NULL || json_is_integer(id) || json_is_string(id))
		return PRIO_OK;
	return error_set(error, PRIO_ERR_FORMAT, "\"id\" is neither a string nor an integer; leave it out to have one made");
}

enum prio_status vector_line_read(struct vector_line *line, struct prio_bytes text, struct prio_error *error)
{
	const struct prio_params *params = line->params;
	size_t n = params->precision == 0 ? params->n_data : params->n_data / params->precision;
	json_error_t where;
	json_t *root = json_loadb((const char *)text.p, text.n, 0, &where);
	enum prio_status status = PRIO_ERR_FORMAT;

	line->is_no_bits = line->is_longer = line->has_id = line->is_payload_alone = false;
	if (!json_is_object(root)) {
		error_set(error, status, "the line is not a JSON object such as {\"payload\": [0, 1, 1]}");
		goto out;
	}
	const json_t *payload = json_object_get(root, "payload");
	if (!json_is_array(payload)) {
		error_set(error, status, "there is no array \"payload\"");
		goto out;
	}
	if (json_array_size(payload) < n) {
		error_set(error, status, "\"payload\" has %zu values, and the batch has %zu; is n-data right?",
			  json_array_size(payload), n);
		goto out;
	}
	line->is_payload_alone = json_object_size(root) == 1;
	line->is_longer = json_array_size(payload) > n;
	status = read_id(line, root, error);
	for (size_t i = 0; i < n && status == PRIO_OK; i++)
		status = read_value(line, i, json_array_get(payload, i), error);
out:
	json_decref(root);
	return status;
}
