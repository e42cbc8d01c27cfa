//! Members of a test network: one of each trade, with codes that never change, so that sample files can name them; and
//! others from a file.

use super::{Strength, entry, generate, random_passphrase, write_key};
use crate::failure::Failure;
use crate::passphrase::read;
use crate::write;
use bencao_crypto::SigningKey;
use bencao_genesis::ids::uscc_check_character;
use bencao_genesis::{
    CalendarDate, DrugClass, KeyPurpose, Licence, LicenceKind, OrgId, Organisation, RegionCode, Role, TimestampMs,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Longest members file, bytes.
const FILE_BYTES_MAX: usize = 8 << 20;
/// Longest name of a member, which is a folder's name, characters.
const NAME_CHARS_MAX: usize = 32;

/// A member of `testnet.json`, and `member.json` beside its keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MemberFile {
    pub(crate) name: String,
    pub(crate) uscc: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) key: PathBuf,
    pub(crate) release_key: Option<PathBuf>,
    /// Key of its administrator: proposals, votes, changes of keys.
    #[serde(default)]
    pub(crate) admin_key: Option<PathBuf>,
    /// Absent if the passphrase is not in a file.
    #[serde(default)]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// A member while the network is made.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) organisation: Organisation,
    transact: SigningKey,
    release: Option<SigningKey>,
    admin: SigningKey,
}

struct Sample {
    name: &'static str,
    title: &'static str,
    /// 17 characters; the check character is computed.
    uscc17: &'static str,
    region: &'static str,
    roles: &'static [Role],
    licence: Option<(LicenceKind, &'static str)>,
}

/// Of [`SAMPLES`], who runs the observers.
pub(crate) const REGULATOR: usize = 4;

/// Fictitious organisations of 新疆.
const SAMPLES: [Sample; 5] = [
    Sample {
        name: "producer",
        title: "示例天山制药有限公司",
        uscc17: "91650100MA0000001",
        region: "650100",
        roles: &[Role::MarketingHolder, Role::Producer],
        licence: Some((LicenceKind::DrugProduction, "新20260001")),
    },
    Sample {
        name: "wholesaler",
        title: "示例丝路医药配送有限公司",
        uscc17: "91650100MA0000002",
        region: "650100",
        roles: &[Role::Wholesaler],
        licence: Some((LicenceKind::DrugWholesale, "新AA9910001")),
    },
    Sample {
        name: "pharmacy",
        title: "示例安康大药房",
        uscc17: "91650102MA0000003",
        region: "650102",
        roles: &[Role::Pharmacy],
        licence: Some((LicenceKind::DrugRetail, "新CA9910001")),
    },
    Sample {
        name: "hospital",
        title: "示例市人民医院",
        uscc17: "12650100MA0000004",
        region: "650100",
        roles: &[Role::Hospital],
        licence: Some((LicenceKind::MedicalInstitution, "PDY00001X65010011A1001")),
    },
    Sample {
        name: "regulator",
        title: "示例自治区药品监督管理局",
        uscc17: "11650000MA0000005",
        region: "650000",
        roles: &[Role::DrugRegulator],
        licence: None,
    },
];

/// Classes that every sample licence covers.
const SCOPE: [DrugClass; 5] = [
    DrugClass::Chemical,
    DrugClass::ProprietaryChinese,
    DrugClass::Biological,
    DrugClass::PsychotropicII,
    DrugClass::DecoctionPiece,
];

/// A member of a members file (docs/contract.md §6).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Further {
    name: String,
    title: String,
    id: String,
    region: String,
    roles: Vec<Role>,
    #[serde(default)]
    licences: Vec<FurtherLicence>,
}

/// A licence of a members file; without dates, valid as those of the samples are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FurtherLicence {
    kind: LicenceKind,
    number: String,
    scope: Vec<DrugClass>,
    #[serde(default)]
    letters: String,
    valid_from: Option<CalendarDate>,
    valid_to: Option<CalendarDate>,
}

/// The samples and those of `file`, with fresh keys; licences run from the year before `time` for six years.
pub(crate) fn plan(time: TimestampMs, file: Option<&Path>) -> Result<Vec<Member>, Failure> {
    let mut members = SAMPLES.iter().map(|sample| member(sample, time)).collect::<Result<Vec<_>, _>>()?;
    let Some(path) = file else { return Ok(members) };
    let wrong = |reason: String| {
        let shown = path.display();
        Failure::input(format!("{shown}：成员文件有误：{reason}"), format!("{shown}: {reason}"))
    };
    let list: Vec<Further> = serde_json::from_slice(&read(path, FILE_BYTES_MAX)?).map_err(|e| wrong(e.to_string()))?;
    let mut names: BTreeSet<String> = members.iter().map(|m| m.name.clone()).collect();
    for (index, further) in list.into_iter().enumerate() {
        let at = |field: &str, reason: String| wrong(format!("members[{index}].{field}: {reason}"));
        if !is_folder_name(&further.name) || !names.insert(further.name.clone()) {
            return Err(at("name", "expected 1 to 32 of a-z 0-9 -, not used before".into()));
        }
        let id = OrgId::parse(&further.id).map_err(|e| at("id", e.to_string()))?;
        let region = RegionCode::parse(&further.region).map_err(|e| at("region", e.to_string()))?;
        let licences = further.licences.into_iter().map(|l| l.dated(time)).collect::<Result<_, _>>()?;
        members.push(with_keys(further.name, id, further.title, (further.roles, region), licences)?);
    }
    Ok(members)
}

/// What a folder may be called on every system.
fn is_folder_name(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (1..=NAME_CHARS_MAX).contains(&name.len()) && plain
}

impl FurtherLicence {
    fn dated(self, time: TimestampMs) -> Result<Licence, Failure> {
        let (from, to) = validity(time)?;
        let (from, to) = (self.valid_from.unwrap_or(from), self.valid_to.unwrap_or(to));
        let mut licence = Licence::new(self.kind, &self.number, &self.scope, from, to);
        licence.letters = self.letters;
        Ok(licence)
    }
}

fn member(sample: &Sample, time: TimestampMs) -> Result<Member, Failure> {
    let region = RegionCode::parse(sample.region).map_err(|e| Failure::internal(&e))?;
    let (from, to) = validity(time)?;
    let licence = sample.licence.map(|(kind, number)| Licence::new(kind, number, &SCOPE, from, to));
    let licences = licence.into_iter().collect();
    let trade = (sample.roles.to_vec(), region);
    with_keys(sample.name.into(), identifier(sample)?, sample.title.into(), trade, licences)
}

/// Roles whose organisations release batches.
const RELEASING: [Role; 3] = [Role::MarketingHolder, Role::Producer, Role::DecoctionProducer];

fn with_keys(
    name: String,
    id: OrgId,
    title: String,
    (roles, jurisdiction): (Vec<Role>, RegionCode),
    licences: Vec<Licence>,
) -> Result<Member, Failure> {
    let transact = generate()?;
    let release = if roles.iter().any(|r| RELEASING.contains(r)) { Some(generate()?) } else { None };
    let admin = generate()?;
    let mut keys = vec![entry(KeyPurpose::Transact, &transact), entry(KeyPurpose::Admin, &admin)];
    keys.extend(release.as_ref().map(|k| entry(KeyPurpose::Release, k)));
    let organisation = Organisation { id, name: title, roles, jurisdiction, licences, keys };
    Ok(Member { name, organisation, transact, release, admin })
}

fn identifier(sample: &Sample) -> Result<OrgId, Failure> {
    let check = uscc_check_character(sample.uscc17).map_err(|e| Failure::internal(&e))?;
    OrgId::parse(&format!("{}{check}", sample.uscc17)).map_err(|e| Failure::internal(&e))
}

/// From the year before `time` for six years.
fn validity(time: TimestampMs) -> Result<(CalendarDate, CalendarDate), Failure> {
    let (year, ..) = time.china_date().parts();
    let day = |year, month, day| {
        CalendarDate::new(year, month, day).ok_or_else(|| Failure::internal(&"the clock is outside 1971 to 9990"))
    };
    Ok((day(year - 1, 1, 1)?, day(year + 4, 12, 31)?))
}

impl Member {
    /// Writes `members/<name>/` with keys, passphrase and `member.json`.
    pub(crate) fn write(&self, dir: &Path) -> Result<MemberFile, Failure> {
        let folder = dir.join("members").join(&self.name);
        write::folder(&folder)?;
        let passphrase = random_passphrase()?;
        let passphrase_file = folder.join("passphrase");
        write::new_secret(&passphrase_file, format!("{passphrase}\n").as_bytes())?;
        let key = folder.join("transact.pem");
        write_key(&key, &self.transact, &passphrase, Strength::TEST)?;
        let release_key = self.release.as_ref().map(|release| {
            let path = folder.join("release.pem");
            write_key(&path, release, &passphrase, Strength::TEST).map(|()| path)
        });
        let admin_key = folder.join("admin.pem");
        write_key(&admin_key, &self.admin, &passphrase, Strength::TEST)?;
        let file = MemberFile {
            name: self.name.clone(),
            uscc: self.organisation.id.to_string(),
            roles: self.organisation.roles.clone(),
            key,
            release_key: release_key.transpose()?,
            admin_key: Some(admin_key),
            passphrase_file: Some(passphrase_file),
        };
        let json = serde_json::to_string_pretty(&file).map_err(|e| Failure::internal(&e))?;
        write::new_file(&folder.join("member.json"), (json + "\n").as_bytes())?;
        Ok(file)
    }
}
