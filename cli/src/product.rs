//! `bencao product`: master data, and the report of a holder about its products.

use crate::annual_report;
use crate::args::{ProductCommand, SignArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::testnet::products;
use crate::{passphrase, tx};
use bencao_chaincode::registry::CodingScheme;
use bencao_chaincode::transaction::{FileCodingRule, Operation, RegisterProduct};
use bencao_client::bill::Planned;
use bencao_genesis::Product;
use std::path::Path;

pub(crate) fn run(console: &Console, command: ProductCommand) -> Result<Report, Failure> {
    match command {
        ProductCommand::Register { file, coding_filing, issuer, sign } => {
            register(console, (&file, coding_filing, issuer), &sign)
        }
        ProductCommand::AnnualReport { organisation, year, node } => {
            annual_report::run(console, &organisation, year, &node)
        }
    }
}

fn register(
    console: &Console,
    (file, coding_filing, issuer): (&Path, Option<String>, Option<String>),
    sign: &SignArgs,
) -> Result<Report, Failure> {
    let bytes = passphrase::read(file, products::FILE_BYTES_MAX)?;
    tx::send_all(console, sign, |session| {
        let principal = session.signer.principal.to_string();
        // Sample files name the member `producer`; that is whoever registers them.
        let list = products::parse(file, &bytes, |name| (name == "producer").then(|| principal.clone()))?;
        let mut planned = Vec::new();
        for product in list {
            let id = product.id.0.clone();
            if let (Some(filing_no), Some(issuer)) = (&coding_filing, &issuer) {
                let operation = coding_rule(&product, filing_no, issuer);
                planned.push(Planned { document_no: format!("coding-{id}"), operation });
            }
            let operation = Operation::RegisterProduct(RegisterProduct { product });
            planned.push(Planned { document_no: format!("product-{id}"), operation });
        }
        Ok(planned)
    })
}

/// 编码规则备案 of a product's prefixes.
fn coding_rule(product: &Product, filing_no: &str, issuer: &str) -> Operation {
    let mut prefixes: Vec<String> = product.packages.iter().map(|p| p.prefix.clone()).collect();
    prefixes.sort();
    let scheme = match prefixes.first() {
        Some(prefix) if prefix.len() == 14 => CodingScheme::Gs1,
        Some(prefix) if prefix.starts_with('8') => CodingScheme::Platform,
        _ => CodingScheme::Enterprise,
    };
    let (issuer, filing_no) = (issuer.to_owned(), filing_no.to_owned());
    Operation::FileCodingRule(FileCodingRule { scheme, issuer, filing_no, prefixes })
}
