//! Keys of an organisation: several a purpose, each with scope and heights (D15).
//!
//! A key is registered once in the life of the chain. It ends by a height that is stated beforehand, by revocation, or by
//! rotation, where old and new count together for as long as the rotation says. The keys of a validator that votes are
//! rotated, never revoked: the seat goes over to the new ones.

use super::events::{KeyState, KeysChanged};
use super::membership::{NodeTerm, Seat};
use super::records::{GovernanceRecord, KeyringEntry, KeyringRecord};
use super::roster::Roster;
use super::settings::touch;
use crate::event::EventBody;
use crate::limits::{KEY_CHANGES_MAX, KEY_SCOPE_MAX, KEYS_PER_ORGANISATION_MAX, NODES_MAX};
use crate::registry::{KeyRecord, OrganisationFile};
use crate::rejection::Rejection;
use crate::state::{OrgNo, Stop, Tx, key};
use crate::transaction::{KeyChange, KeyGrant, KeyRevocation, KeyRotation, Operation, count_writes};
use bencao_crypto::{KeyId, PublicKey};
use bencao_genesis::{Height, KeyPurpose, OrgId};

/// What can be said of changes without any state.
pub(super) fn check_changes(changes: &[KeyChange]) -> Result<(), Rejection> {
    let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
    if !(1..=KEY_CHANGES_MAX).contains(&changes.len()) {
        return refuse("changes", "1 to 16 changes");
    }
    let grants = changes.iter().filter_map(|change| match change {
        KeyChange::Add(grant) => Some(grant),
        KeyChange::Rotate(rotation) => Some(&rotation.new),
        KeyChange::Revoke(_) | KeyChange::SetQuorum(_) => None,
    });
    grants.into_iter().try_for_each(check_grant)
}

/// What can be said of a new key without any state.
pub(super) fn check_grant(grant: &KeyGrant) -> Result<(), Rejection> {
    let refuse = |field, expected| Err(Rejection::FieldForm { field, expected });
    if grant.proof.is_none() && grant.purpose != KeyPurpose::Encrypt {
        return refuse("proof", "a signature by the new key, unless it only encrypts");
    }
    if grant.valid_to.is_some_and(|end| grant.valid_from.is_some_and(|start| end <= start)) {
        return refuse("valid_to", "valid_from < valid_to");
    }
    let signs = matches!(grant.purpose, KeyPurpose::Transact | KeyPurpose::Release | KeyPurpose::Admin);
    let scope = grant.scope.is_sorted_by(|a, b| a < b) && grant.scope.len() <= KEY_SCOPE_MAX;
    if !scope || !grant.scope.iter().all(|name| Operation::is_name(name)) || (!signs && !grant.scope.is_empty()) {
        return refuse("scope", "at most 16 names of operations or modules, ascending; of keys that sign bills");
    }
    Ok(())
}

/// State writes of so many changes at most.
pub(super) fn writes_of(changes: usize) -> u32 {
    // Of each two keys, with nodes; then keyring, file, seats, revision, counters; and nodes that ended long ago.
    count_writes(changes).saturating_mul(4).saturating_add(5).saturating_add(DROPPED_MAX)
}

/// What an administrator has to be able to sign to count in a quorum.
const APPROVAL: &str = "approve_keys";
/// Nodes that have ended and that one change of the keyring removes from the list.
const DROPPED_MAX: u32 = 16;

/// A keyring while it is changed.
pub(crate) struct Keyring {
    organisation: OrgNo,
    id: OrgId,
    record: KeyringRecord,
    /// Read when a change may touch a seat.
    roster: Option<Roster>,
    touched: Vec<KeyId>,
    seats_changed: bool,
    nodes_changed: bool,
    had_administrator: bool,
}

impl Keyring {
    pub(crate) fn load(tx: &Tx, organisation: OrgNo, id: &OrgId) -> Result<Keyring, Stop> {
        let record: Option<KeyringRecord> = tx.load(&key::keyring(organisation))?;
        let record = record.unwrap_or(KeyringRecord::new());
        Ok(Keyring {
            organisation,
            id: id.clone(),
            had_administrator: record.has(KeyPurpose::Admin),
            record,
            roster: None,
            touched: Vec::new(),
            seats_changed: false,
            nodes_changed: false,
        })
    }

    fn roster(&mut self, tx: &Tx) -> Result<&mut Roster, Stop> {
        let roster = match self.roster.take() {
            Some(roster) => roster,
            None => Roster::load(tx)?,
        };
        Ok(self.roster.insert(roster))
    }

    /// Carries out changes in their order.
    pub(super) fn apply(&mut self, tx: &mut Tx, changes: &[KeyChange]) -> Result<(), Stop> {
        for change in changes {
            match change {
                KeyChange::Add(grant) => self.add(tx, grant)?,
                KeyChange::Revoke(revocation) => self.revoke(tx, revocation)?,
                KeyChange::Rotate(rotation) => self.rotate(tx, rotation)?,
                KeyChange::SetQuorum(quorum) => self.record.admin_quorum = quorum.administrators,
            }
        }
        Ok(())
    }

    /// Order of checks: room, proof, first height, never registered.
    pub(super) fn add(&mut self, tx: &mut Tx, grant: &KeyGrant) -> Result<(), Stop> {
        let actual = || hex::encode(grant.public_key.id().0);
        if let Some(proof) = &grant.proof {
            let message = KeyGrant::proof_message(tx.context.chain, &self.id, grant.purpose, &grant.public_key);
            if !grant.public_key.verify(&message, proof) {
                return Err(Rejection::KeyProof { actual: actual() }.into());
            }
        }
        let next = tx.position.height.next();
        let valid_from = grant.valid_from.unwrap_or(next);
        if valid_from < next || grant.valid_to.is_some_and(|end| end <= valid_from) {
            return Err(Rejection::KeyHeights { expected: next.0, actual: valid_from.0 }.into());
        }
        self.register(
            tx,
            &KeyRecord {
                version: 1,
                organisation: self.organisation,
                purpose: grant.purpose,
                public_key: grant.public_key,
                valid_from,
                valid_to: grant.valid_to,
                scope: grant.scope.clone(),
            },
        )
    }

    /// Order of checks: room, never registered, room for nodes.
    pub(crate) fn register(&mut self, tx: &mut Tx, record: &KeyRecord) -> Result<(), Stop> {
        if self.record.keys.len() >= KEYS_PER_ORGANISATION_MAX {
            return Err(Rejection::RegisterFull { register: "keys", expected: KEYS_PER_ORGANISATION_MAX as u32 }.into());
        }
        let id = record.public_key.id();
        if tx.exists(&key::signing_key(&id))? {
            return Err(Rejection::KeyExists { actual: hex::encode(id.0) }.into());
        }
        if record.purpose == KeyPurpose::Node {
            let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
            governance.nodes = governance.nodes.saturating_add(1);
            if governance.nodes as usize > NODES_MAX {
                return Err(Rejection::RegisterFull { register: "nodes", expected: NODES_MAX as u32 }.into());
            }
            tx.store(key::governance(), &governance);
        }
        self.record.keys.push(KeyringEntry { key: id, purpose: record.purpose });
        self.store(tx, id, record);
        Ok(())
    }

    fn store(&mut self, tx: &mut Tx, id: KeyId, record: &KeyRecord) {
        tx.store(key::signing_key(&id), record);
        if record.purpose == KeyPurpose::Node {
            let term = NodeTerm {
                version: 1,
                organisation: self.id.clone(),
                number: self.organisation,
                node_key: record.public_key,
                since: record.valid_from,
                until: record.valid_to,
            };
            tx.store(key::node_term(&id), &term);
            self.nodes_changed = true;
        }
        self.touched.push(id);
    }

    /// A key of this organisation that has not ended.
    fn find(&self, tx: &Tx, id: &KeyId) -> Result<KeyRecord, Stop> {
        let record: Option<KeyRecord> = tx.load(&key::signing_key(id))?;
        let own = record.filter(|r| r.organisation == self.organisation);
        let unknown = || Rejection::KeyNotOfOrganisation { organisation: self.id.clone(), actual: hex::encode(id.0) };
        let record = own.ok_or_else(unknown)?;
        match record.valid_to.filter(|end| *end <= tx.position.height.next()) {
            Some(end) => Err(Rejection::KeyEnded { actual: hex::encode(id.0), height: end.0 }.into()),
            None => Ok(record),
        }
    }

    /// Order of checks: key of the organisation and not ended, height, not of a validator that votes.
    fn revoke(&mut self, tx: &mut Tx, revocation: &KeyRevocation) -> Result<(), Stop> {
        let mut record = self.find(tx, &revocation.key)?;
        let next = tx.position.height.next();
        let at = revocation.at.unwrap_or(next);
        if at < next || record.valid_to.is_some_and(|end| end < at) {
            return Err(Rejection::KeyHeights { expected: next.0, actual: at.0 }.into());
        }
        if let Some(seat) = self.roster(tx)?.using(&record.public_key) {
            let (actual, validator) = (hex::encode(revocation.key.0), seat.name.clone());
            return Err(Rejection::KeyInUse { actual, validator }.into());
        }
        record.valid_to = Some(at);
        self.store(tx, revocation.key, &record);
        Ok(())
    }

    /// Order of checks: old key of the organisation and not ended, same purpose, the new key's own; a key of a seat begins
    /// at once.
    fn rotate(&mut self, tx: &mut Tx, rotation: &KeyRotation) -> Result<(), Stop> {
        let mut old = self.find(tx, &rotation.old)?;
        if old.purpose != rotation.new.purpose {
            let (expected, actual) = (old.purpose.name(), rotation.new.purpose.name());
            return Err(Rejection::RotationPurpose { expected, actual }.into());
        }
        let next = tx.position.height.next();
        let begins = match self.roster(tx)?.using(&old.public_key).cloned() {
            Some(seat) => {
                if rotation.new.valid_from.is_some_and(|from| from != next) || rotation.new.valid_to.is_some() {
                    let actual = rotation.new.valid_from.or(rotation.new.valid_to).unwrap_or(next).0;
                    return Err(Rejection::KeyHeights { expected: next.0, actual }.into());
                }
                self.reseat(tx, seat, &old.public_key, rotation.new.public_key)?
            }
            None => rotation.new.valid_from.unwrap_or(next),
        };
        self.add(tx, &rotation.new)?;
        let end = Height(begins.0.saturating_add(rotation.overlap));
        old.valid_to = Some(old.valid_to.map_or(end, |stated| stated.min(end)));
        self.store(tx, rotation.old, &old);
        Ok(())
    }

    /// The seat goes over to the new key, from the height given back.
    fn reseat(&mut self, tx: &Tx, seat: Seat, old: &PublicKey, new: PublicKey) -> Result<Height, Stop> {
        let seat = match seat.validator_key == *old {
            true => Seat { validator_key: new, ..seat },
            false => Seat { node_key: new, ..seat },
        };
        self.seats_changed = true;
        let roster = self.roster(tx)?;
        roster.put(seat);
        Ok(roster.from())
    }

    /// Ends every node of an organisation that leaves, at `at`.
    pub(super) fn end_nodes(&mut self, tx: &mut Tx, at: Height) -> Result<(), Stop> {
        let nodes: Vec<KeyId> = self.of(KeyPurpose::Node).collect();
        for id in nodes {
            let mut record: KeyRecord = tx.must_load(&key::signing_key(&id))?;
            record.valid_to = Some(record.valid_to.map_or(at, |end| end.min(at)));
            self.store(tx, id, &record);
        }
        self.had_administrator = false;
        Ok(())
    }

    fn of(&self, purpose: KeyPurpose) -> impl Iterator<Item = KeyId> {
        self.record.keys.iter().filter(move |k| k.purpose == purpose).map(|k| k.key)
    }

    /// Whether it holds a key of this purpose that has not ended.
    pub(super) fn has(&self, purpose: KeyPurpose) -> bool {
        self.record.has(purpose)
    }

    /// Administrators' keys in force at a height that may approve changes of keys.
    pub(super) fn administrators(&self, tx: &Tx, height: Height) -> Result<Vec<KeyId>, Stop> {
        let mut found = Vec::new();
        for id in self.of(KeyPurpose::Admin) {
            let record: KeyRecord = tx.must_load(&key::signing_key(&id))?;
            if record.is_valid_at(height) && record.covers_name(APPROVAL) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Administrators that a change of administrators' keys needs now.
    pub(super) fn quorum(&self, tx: &Tx) -> Result<u32, Stop> {
        let all = count_writes(self.administrators(tx, tx.position.height)?.len());
        let half = all.checked_div(2).unwrap_or(0).saturating_add(1);
        Ok(match self.record.admin_quorum {
            0 => half,
            stated => u32::from(stated),
        })
    }

    /// Whether changes touch administrators' keys or their quorum.
    pub(super) fn needs_quorum(&self, tx: &Tx, changes: &[KeyChange]) -> Result<bool, Stop> {
        for change in changes {
            let old = match change {
                KeyChange::SetQuorum(_) => return Ok(true),
                KeyChange::Add(grant) if grant.purpose == KeyPurpose::Admin => return Ok(true),
                KeyChange::Add(_) => continue,
                KeyChange::Revoke(revocation) => &revocation.key,
                KeyChange::Rotate(rotation) => &rotation.old,
            };
            if self.find(tx, old)?.purpose == KeyPurpose::Admin {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Checks what must be left, drops what has ended, stores, and tells the organisation's file.
    pub(crate) fn close(mut self, tx: &mut Tx) -> Result<(), Stop> {
        self.check_administrators(tx)?;
        self.drop_ended(tx)?;
        self.tell(tx)?;
        tx.store(key::keyring(self.organisation), &self.record);
        if self.nodes_changed {
            touch(tx)?;
        }
        match self.roster.filter(|_| self.seats_changed) {
            Some(roster) => roster.close(tx),
            None => Ok(()),
        }
    }

    /// An organisation with administrators keeps one without an end, and as many as its quorum.
    fn check_administrators(&self, tx: &Tx) -> Result<(), Stop> {
        if !self.had_administrator {
            return Ok(());
        }
        let mut lasting = 0u32;
        for id in self.of(KeyPurpose::Admin) {
            let record: KeyRecord = tx.must_load(&key::signing_key(&id))?;
            let lasts = record.valid_to.is_none() && record.covers_name(APPROVAL);
            lasting = lasting.saturating_add(u32::from(lasts));
        }
        if lasting == 0 {
            return Err(Rejection::LastAdministrator { organisation: self.id.clone() }.into());
        }
        let quorum = u32::from(self.record.admin_quorum);
        if quorum > lasting {
            return Err(Rejection::AdminQuorum { expected: lasting, actual: quorum }.into());
        }
        Ok(())
    }

    /// Keys that ended leave the keyring, their nodes the list; their records stay, so that none is registered again.
    fn drop_ended(&mut self, tx: &mut Tx) -> Result<(), Stop> {
        let height = tx.position.height;
        let mut kept = Vec::with_capacity(self.record.keys.len());
        let mut nodes: u32 = 0;
        for entry in &self.record.keys {
            let record: KeyRecord = tx.must_load(&key::signing_key(&entry.key))?;
            let full = entry.purpose == KeyPurpose::Node && nodes >= DROPPED_MAX;
            if full || record.valid_to.is_none_or(|end| end > height) {
                kept.push(*entry);
            } else if entry.purpose == KeyPurpose::Node {
                tx.remove(key::node_term(&entry.key));
                nodes = nodes.saturating_add(1);
            }
        }
        self.record.keys = kept;
        if nodes > 0 {
            let mut governance: GovernanceRecord = tx.must_load(&key::governance())?;
            governance.nodes = governance.nodes.saturating_sub(nodes);
            tx.store(key::governance(), &governance);
            self.nodes_changed = true;
        }
        Ok(())
    }

    fn tell(&self, tx: &mut Tx) -> Result<(), Stop> {
        let mut keys = Vec::new();
        for id in &self.touched {
            let record: KeyRecord = tx.must_load(&key::signing_key(id))?;
            let (valid_from, valid_to) = (record.valid_from, record.valid_to);
            keys.push(KeyState { key: *id, purpose: record.purpose, valid_from, valid_to });
        }
        let body = KeysChanged { keys, admin_quorum: self.record.admin_quorum };
        let file = OrganisationFile::load(tx, self.organisation)?;
        file.close(tx, self.organisation, EventBody::KeysChanged(body));
        Ok(())
    }
}
