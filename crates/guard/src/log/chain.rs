//! The chain of signed checkpoints, and the mark of what was acknowledged last.

use sha2::{Digest, Sha256};

use super::note::{self, Checkpoint, VerifierKey};
use super::tree::Hash;

/// The mark is written over in place, always this long, so that it never grows or shrinks.
pub(super) const MARK_LENGTH: usize = 1024;

/// The end of the chain: how many checkpoints, and the hash of the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) count: u64,
    pub(super) hash: Hash,
}

impl Head {
    /// The line in a checkpoint that ties it to the one before.
    pub(super) fn previous_line(&self) -> String {
        format!("previous {} {}", self.count, hex::encode(self.hash))
    }

    /// The line in a mark that says how far the chain went.
    pub(super) fn mark_line(&self) -> String {
        format!("checkpoints {} {}", self.count, hex::encode(self.hash))
    }

    /// The head after one more note.
    pub(super) fn after(&self, note: &str) -> Head {
        Head { count: self.count + 1, hash: Sha256::digest(note.as_bytes()).into() }
    }
}

/// A chain as read: its checkpoints, the heads after each (the first is the empty head), and how many bytes of the text
/// they take.
pub(super) struct Chain {
    pub(super) checkpoints: Vec<Checkpoint>,
    pub(super) heads: Vec<Head>,
    pub(super) length: usize,
}

impl Chain {
    pub(super) fn head(&self) -> Head {
        self.heads.last().copied().unwrap_or_default()
    }
}

/// A note as it stands in the file: followed by an empty line.
pub(super) fn stored(note: &str) -> String {
    format!("{note}\n")
}

/// Reads notes as long as each is signed, of this origin, and names the one before.
///
/// `signed` is the head named by a mark whose signature was checked. If the chain reaches it, that one signature stands
/// for all notes before, each bound to the next by its hash, and only later ones are checked one by one: a year of
/// checkpoints would otherwise cost half an hour of signature checks.
pub(super) fn read(text: &str, origin: &str, key: &VerifierKey, signed: Head) -> Chain {
    let linked = follow(text, origin, key, signed.count);
    let reached = usize::try_from(signed.count).ok().and_then(|n| linked.heads.get(n)) == Some(&signed);
    if reached { linked } else { follow(text, origin, key, 0) }
}

/// Reads the first `linked` notes without asking who signed them, the others by their signature.
fn follow(text: &str, origin: &str, key: &VerifierKey, linked: u64) -> Chain {
    let mut chain = Chain { checkpoints: Vec::new(), heads: vec![Head::default()], length: 0 };
    let mut pieces = text.split_inclusive("\n\n");
    while let (Some(body), Some(signature)) = (pieces.next(), pieces.next()) {
        let Some(signature) = signature.strip_suffix('\n').filter(|s| s.ends_with('\n')) else { break };
        let note = format!("{body}{signature}");
        let head = chain.head();
        let said = if head.count < linked { note::read_unsigned(&note) } else { key.open(&note) };
        let in_place = |c: &Checkpoint| c.origin == origin && c.extensions == [head.previous_line()];
        let Some(checkpoint) = said.filter(in_place) else { break };
        chain.length += note.len() + 1;
        chain.heads.push(head.after(&note));
        chain.checkpoints.push(checkpoint);
    }
    chain
}

/// The mark's block: the note, filled up with newlines.
pub(super) fn mark_block(note: &str) -> Vec<u8> {
    let mut block = note.as_bytes().to_vec();
    block.resize(MARK_LENGTH, b'\n');
    block
}

/// The note in a mark's block, if the block is whole.
pub(super) fn mark_note(block: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(block).ok().filter(|_| block.len() == MARK_LENGTH)?;
    Some(format!("{}\n", text.trim_end_matches('\n')))
}

/// What a mark says, if it is whole, signed, of this origin, and names a head of the chain: the checkpoint and how many
/// chain entries it knows of.
pub(super) fn read_mark(block: &[u8], origin: &str, key: &VerifierKey) -> Option<(Checkpoint, Head)> {
    let checkpoint = key.open(&mark_note(block)?).filter(|c| c.origin == origin)?;
    let [line] = checkpoint.extensions.as_slice() else { return None };
    let (count, hash) = line.strip_prefix("checkpoints ")?.split_once(' ')?;
    let head = Head { count: count.parse().ok()?, hash: hex::decode(hash).ok()?.try_into().ok()? };
    (head.mark_line() == *line).then_some((checkpoint, head))
}
