//! What one record of the crate `prio` costs: client, leader (server A), helper (server B), with HPKE and without.
//!
//!     prio-peers FIELDS ROUNDS SLICE_MS
//!
//! A server's figure is: read its input share from bytes, and begin verification (`verify_init`). What follows, the exchange and
//! the sum, is left out, in the peers' favour. With HPKE, the share is opened first (DHKEM X25519, HKDF-SHA256, AES-128-GCM). For
//! the circuits with chunks, all of some chunk lengths are tried, and the one with the cheapest servers counts.
//!
//! Prints one JSON array, nanoseconds a record, the least of all repetitions. A sum that is wrong ends the program.

use std::hint::black_box;
use std::time::Instant;

use hpke::aead::AesGcm128;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use prio::codec::{Encode, ParameterizedDecode};
use prio::field::{Field128, Field64};
use prio::flp::gadgets::{Mul, ParallelSum};
use prio::flp::types::{Histogram, SumVec};
use prio::vdaf::prio2::Prio2;
use prio::vdaf::prio3::{optimal_chunk_length, Prio3};
use prio::vdaf::xof::{XofHmacSha256Aes128, XofTurboShake128};
use prio::vdaf::{Aggregator, Client, Collector, VerifyTransition};

const CONTEXT: &[u8] = b"bench";
const NONCE: [u8; 16] = [7; 16];
const INFO: &[u8] = b"prio-peers input share";
const AAD: &[u8] = b"associated data of a report";

struct Effort {
    rounds: u32,
    slice_ns: u128,
}

/// The least time of one call, in ns.
fn least(effort: &Effort, mut call: impl FnMut()) -> f64 {
    let mut least = u128::MAX;
    for _ in 0..effort.rounds {
        let begin = Instant::now();
        loop {
            let start = Instant::now();
            call();
            least = least.min(start.elapsed().as_nanos());
            if begin.elapsed().as_nanos() > effort.slice_ns {
                break;
            }
        }
    }
    least as f64
}

struct Recipient {
    private: <X25519HkdfSha256 as Kem>::PrivateKey,
    public: <X25519HkdfSha256 as Kem>::PublicKey,
}

struct Sealed {
    key: Vec<u8>,
    text: Vec<u8>,
}

impl Recipient {
    fn new() -> Self {
        let (private, public) = X25519HkdfSha256::gen_keypair();
        Recipient { private, public }
    }

    fn seal(&self, bytes: &[u8]) -> Sealed {
        let (key, mut context) =
            hpke::setup_sender::<AesGcm128, HkdfSha256, X25519HkdfSha256>(&OpModeS::Base, &self.public, INFO).unwrap();
        Sealed { key: key.to_bytes().to_vec(), text: context.seal(bytes, AAD).unwrap() }
    }

    fn open(&self, sealed: &Sealed) -> Vec<u8> {
        let key = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&sealed.key).unwrap();
        hpke::setup_receiver::<AesGcm128, HkdfSha256, X25519HkdfSha256>(&OpModeR::Base, &self.private, &key, INFO)
            .unwrap()
            .open(&sealed.text, AAD)
            .unwrap()
    }
}

/// One system of the crate, set up for one number of fields.
struct Peer<V, const KEY: usize>
where
    V: Client<16> + Aggregator<KEY, 16, AggregationParam = ()> + Collector,
{
    vdaf: V,
    key: [u8; KEY],
    measurement: V::Measurement,
    public_share: V::PublicShare,
    shares: Vec<Vec<u8>>,
    recipient: Recipient,
}

impl<V, const KEY: usize> Peer<V, KEY>
where
    V: Client<16> + Aggregator<KEY, 16, AggregationParam = ()> + Collector,
    for<'a> V::InputShare: ParameterizedDecode<(&'a V, usize)>,
{
    fn new(vdaf: V, measurement: V::Measurement) -> Self {
        let (public_share, shares) = vdaf.shard(CONTEXT, &measurement, &NONCE).unwrap();
        let shares = shares.iter().map(|share| share.get_encoded().unwrap()).collect();
        Peer { vdaf, key: [3; KEY], measurement, public_share, shares, recipient: Recipient::new() }
    }

    fn begin(&self, server: usize, bytes: &[u8]) -> (V::VerifyState, V::VerifierShare) {
        let share = V::InputShare::get_decoded_with_param(&(&self.vdaf, server), bytes).unwrap();
        self.vdaf.verify_init(&self.key, CONTEXT, server, &(), &NONCE, &self.public_share, &share).unwrap()
    }

    /// The sum of two records, through all steps.
    fn sum_of_two(&self) -> V::AggregateResult {
        let mut sums = [self.vdaf.aggregate_init(&()), self.vdaf.aggregate_init(&())];
        for _ in 0..2 {
            let begun: Vec<_> = (0..2).map(|server| self.begin(server, &self.shares[server])).collect();
            let (states, verifiers): (Vec<_>, Vec<_>) = begun.into_iter().unzip();
            let message = self.vdaf.verifier_shares_to_message(CONTEXT, &(), verifiers).unwrap();
            for (sum, state) in sums.iter_mut().zip(states) {
                match self.vdaf.verify_next(CONTEXT, state, message.clone()).unwrap() {
                    VerifyTransition::Finish(out) => *sum = self.vdaf.aggregate(&(), [out]).map(|one| merged(sum, one)).unwrap(),
                    _ => panic!("one round is enough for all of these"),
                }
            }
        }
        self.vdaf.unshard(&(), sums, 2).unwrap()
    }

    fn server_ns(&self, effort: &Effort, server: usize) -> f64 {
        least(effort, || {
            black_box(self.begin(server, black_box(&self.shares[server])));
        })
    }

    fn sealed_server_ns(&self, effort: &Effort, server: usize) -> f64 {
        let sealed = self.recipient.seal(&self.shares[server]);
        least(effort, || {
            let bytes = self.recipient.open(black_box(&sealed));
            black_box(self.begin(server, &bytes));
        })
    }

    fn client_ns(&self, effort: &Effort, with_hpke: bool) -> f64 {
        least(effort, || {
            let (_, shares) = self.vdaf.shard(CONTEXT, &self.measurement, &NONCE).unwrap();
            for share in shares {
                let bytes = share.get_encoded().unwrap();
                if with_hpke {
                    black_box(self.recipient.seal(&bytes).text.len());
                }
                black_box(bytes.len());
            }
        })
    }

    fn report(&self, name: &str, chunk: usize, effort: &Effort) -> String {
        let figures = [
            ("a", self.server_ns(effort, 0)),
            ("b", self.server_ns(effort, 1)),
            ("client", self.client_ns(effort, false)),
            ("a_hpke", self.sealed_server_ns(effort, 0)),
            ("b_hpke", self.sealed_server_ns(effort, 1)),
            ("client_hpke", self.client_ns(effort, true)),
        ];
        let figures: Vec<_> = figures.iter().map(|(what, ns)| format!("\"{what}\":{ns:.0}")).collect();
        format!(
            "{{\"name\":\"{name}\",\"chunk\":{chunk},\"bytes_a\":{},\"bytes_b\":{},{}}}",
            self.shares[0].len(),
            self.shares[1].len(),
            figures.join(",")
        )
    }
}

fn merged<S: prio::vdaf::Aggregatable>(sum: &S, one: S) -> S {
    let mut sum = sum.clone();
    sum.merge(&one).unwrap();
    sum
}

/// All chunk lengths that are worth a try; the peer whose servers are cheapest together.
fn cheapest<V, const KEY: usize>(fields: usize, effort: &Effort, make: impl Fn(usize) -> Peer<V, KEY>) -> (Peer<V, KEY>, usize)
where
    V: Client<16> + Aggregator<KEY, 16, AggregationParam = ()> + Collector,
    for<'a> V::InputShare: ParameterizedDecode<(&'a V, usize)>,
{
    let mut chunks = vec![optimal_chunk_length(fields)];
    for calls in [3, 7, 15, 31, 63, 127, 255] {
        chunks.push(fields.div_ceil(calls));
    }
    let quick = Effort { rounds: 2, slice_ns: effort.slice_ns };
    chunks
        .into_iter()
        .map(|chunk| {
            let peer = make(chunk);
            let cost = peer.server_ns(&quick, 0) + peer.server_ns(&quick, 1);
            (peer, chunk, cost)
        })
        .min_by(|one, other| one.2.total_cmp(&other.2))
        .map(|(peer, chunk, _)| (peer, chunk))
        .unwrap()
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|text| text.parse().expect("a number")).collect();
    let [fields, rounds, slice_ms] = numbers[..] else {
        eprintln!("usage: prio-peers FIELDS ROUNDS SLICE_MS");
        std::process::exit(2);
    };
    let fields = fields as usize;
    let effort = Effort { rounds: rounds as u32, slice_ns: slice_ms as u128 * 1_000_000 };
    let bits: Vec<u64> = (0..fields as u64).map(|i| i * 2654435761 >> 16 & 1).collect();
    let twice: Vec<u64> = bits.iter().map(|bit| 2 * bit).collect();
    let mut reports = Vec::new();

    let peer = Peer::<_, 32>::new(Prio2::new(fields).unwrap(), bits.iter().map(|bit| *bit as u32).collect());
    assert_eq!(peer.sum_of_two().into_iter().map(u64::from).collect::<Vec<_>>(), twice);
    reports.push(peer.report("Prio2", 0, &effort));

    let wide: Vec<u128> = bits.iter().map(|bit| *bit as u128).collect();
    let (peer, chunk) = cheapest(fields, &effort, |chunk| Peer::<_, 32>::new(Prio3::new_sum_vec(2, 1, fields, chunk).unwrap(), wide.clone()));
    assert_eq!(peer.sum_of_two().into_iter().map(|sum| sum as u64).collect::<Vec<_>>(), twice);
    reports.push(peer.report("Prio3SumVec, Field128", chunk, &effort));

    type Multiproof<X> = SumVec<Field64, ParallelSum<Field64, X>>;
    let (peer, chunk) = cheapest(fields, &effort, |chunk| {
        let circuit = Multiproof::<Mul>::new(1, fields, chunk).unwrap();
        Peer::<_, 32>::new(Prio3::<_, XofTurboShake128, 32>::new(2, 3, 0xffff_1002, circuit).unwrap(), bits.clone())
    });
    assert_eq!(peer.sum_of_two(), twice);
    reports.push(peer.report("Prio3SumVec, Field64, 3 proofs, TurboSHAKE128", chunk, &effort));

    let (peer, chunk) = cheapest(fields, &effort, |chunk| {
        let circuit = Multiproof::<Mul>::new(1, fields, chunk).unwrap();
        Peer::<_, 32>::new(Prio3::<_, XofHmacSha256Aes128, 32>::new(2, 3, 0xffff_1003, circuit).unwrap(), bits.clone())
    });
    assert_eq!(peer.sum_of_two(), twice);
    reports.push(peer.report("Prio3SumVec, Field64, 3 proofs, HMAC-SHA256-AES128", chunk, &effort));

    type Buckets = Histogram<Field128, ParallelSum<Field128, Mul>>;
    let (peer, chunk) = cheapest(fields, &effort, |chunk| {
        Peer::<_, 32>::new(Prio3::<_, XofTurboShake128, 32>::new(2, 1, 4, Buckets::new(fields, chunk).unwrap()).unwrap(), 1)
    });
    assert_eq!(peer.sum_of_two().iter().map(|sum| *sum as u64).sum::<u64>(), 2);
    reports.push(peer.report("Prio3Histogram, Field128", chunk, &effort));

    println!("[{}]", reports.join(",\n"));
}
