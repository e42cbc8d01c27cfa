//! Members of a test network: one of each trade, with codes that never change, so that sample files can name them.

use super::{Strength, entry, generate, random_passphrase, write_key};
use crate::failure::Failure;
use crate::write;
use bencao_crypto::SigningKey;
use bencao_genesis::ids::uscc_check_character;
use bencao_genesis::{
    CalendarDate, DrugClass, KeyPurpose, Licence, LicenceKind, OrgId, Organisation, RegionCode, Role, TimestampMs,
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A member of `testnet.json`, and `member.json` beside its keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MemberFile {
    pub(crate) name: String,
    pub(crate) uscc: String,
    pub(crate) roles: Vec<Role>,
    pub(crate) key: PathBuf,
    pub(crate) release_key: Option<PathBuf>,
    /// Absent if the passphrase is not in a file.
    #[serde(default)]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// A member while the network is made.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) organisation: Organisation,
    transact: SigningKey,
    release: Option<SigningKey>,
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

/// Fictitious organisations of 新疆. The regulator is the last: it runs the observers.
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

/// All members with fresh keys; licences run from the year before `time` for six years.
pub(crate) fn plan(time: TimestampMs) -> Result<Vec<Member>, Failure> {
    SAMPLES.iter().map(|sample| member(sample, time)).collect()
}

fn member(sample: &Sample, time: TimestampMs) -> Result<Member, Failure> {
    let id = identifier(sample)?;
    let transact = generate()?;
    let release = if sample.roles.contains(&Role::MarketingHolder) { Some(generate()?) } else { None };
    let mut keys = vec![entry(KeyPurpose::Transact, &transact)];
    keys.extend(release.as_ref().map(|k| entry(KeyPurpose::Release, k)));
    let organisation = Organisation {
        id,
        name: sample.title.into(),
        roles: sample.roles.to_vec(),
        jurisdiction: RegionCode::parse(sample.region).map_err(|e| Failure::internal(&e))?,
        licences: sample.licence.map(|(kind, number)| licence(kind, number, time)).transpose()?.into_iter().collect(),
        keys,
    };
    Ok(Member { name: sample.name, organisation, transact, release })
}

fn identifier(sample: &Sample) -> Result<OrgId, Failure> {
    let check = uscc_check_character(sample.uscc17).map_err(|e| Failure::internal(&e))?;
    OrgId::parse(&format!("{}{check}", sample.uscc17)).map_err(|e| Failure::internal(&e))
}

fn licence(kind: LicenceKind, number: &str, time: TimestampMs) -> Result<Licence, Failure> {
    let (year, ..) = time.china_date().parts();
    let day = |year, month, day| {
        CalendarDate::new(year, month, day).ok_or_else(|| Failure::internal(&"the clock is outside 1971 to 9990"))
    };
    Ok(Licence::new(kind, number, &SCOPE, day(year - 1, 1, 1)?, day(year + 4, 12, 31)?))
}

impl Member {
    /// Writes `members/<name>/` with keys, passphrase and `member.json`.
    pub(crate) fn write(&self, dir: &Path) -> Result<MemberFile, Failure> {
        let folder = dir.join("members").join(self.name);
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
        let file = MemberFile {
            name: self.name.into(),
            uscc: self.organisation.id.to_string(),
            roles: self.organisation.roles.clone(),
            key,
            release_key: release_key.transpose()?,
            passphrase_file: Some(passphrase_file),
        };
        let json = serde_json::to_string_pretty(&file).map_err(|e| Failure::internal(&e))?;
        write::new_file(&folder.join("member.json"), (json + "\n").as_bytes())?;
        Ok(file)
    }
}
