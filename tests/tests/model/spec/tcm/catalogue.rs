//! What must be on record first: herbs, 饮片 with their profiles, and the crafts of a processor.

use super::super::{FirmNo, Model, Verdict, ensure};
use super::Profile;
use bencao_chaincode::transaction::{DefinePiece, Herb, RegisterHerbs, SetProcessingScope};
use bencao_genesis::DrugClass;
use bencao_genesis::Role::{DecoctionProducer, DrugRegulator, Hospital};

/// What a profile may state.
const PIECE_YIELD_PPM: std::ops::RangeInclusive<u32> = 100_000..=1_500_000;

impl Model {
    pub(crate) fn register_herbs(&mut self, by: FirmNo, bill: &RegisterHerbs) -> Verdict {
        self.with_role(by, &[DrugRegulator])?;
        for herb in &bill.herbs {
            if let Some(known) = self.herbs.herbs.get(&herb.code.to_string()) {
                let same = Herb { approval_number: known.approval_number.clone(), ..herb.clone() } == *known;
                let gained = known.approval_number.is_empty() || known.approval_number == herb.approval_number;
                ensure(same && gained, "herb_exists")?;
            }
            self.herbs.herbs.insert(herb.code.to_string(), herb.clone());
        }
        Ok(())
    }

    pub(crate) fn define_piece(&mut self, by: FirmNo, bill: &DefinePiece) -> Verdict {
        let product = self.product(&bill.product_id)?;
        ensure(self.products[product].holder == by, "not_holder")?;
        ensure(self.products[product].class == DrugClass::DecoctionPiece, "not_a_piece")?;
        let herb = self.herb(&bill.herb)?;
        let fits = PIECE_YIELD_PPM.contains(&bill.yield_ppm_min) && PIECE_YIELD_PPM.contains(&bill.yield_ppm_max);
        ensure(fits, "yield_band_too_wide")?;
        self.execution_standard((by, by), &bill.standard, DrugClass::DecoctionPiece, Some(&herb), self.today())?;
        let (least, most) = (bill.yield_ppm_min, bill.yield_ppm_max);
        self.herbs.pieces.insert(product, Profile { herb, standard: bill.standard.clone(), least, most });
        Ok(())
    }

    pub(crate) fn set_scope(&mut self, by: FirmNo, bill: &SetProcessingScope) -> Verdict {
        self.with_role(by, &[DrugRegulator])?;
        let firm = self.firm(&bill.organisation).ok_or("no_such_member")?;
        self.answers_for(by, &[self.firms[firm].region])?;
        self.with_role(firm, &[DecoctionProducer, Hospital])?;
        self.herbs.scopes.insert(firm, (bill.crafts.clone(), bill.valid_from, bill.valid_to));
        Ok(())
    }
}
