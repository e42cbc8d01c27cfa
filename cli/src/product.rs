//! `bencao product`: master data.

use crate::args::ProductCommand;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::testnet::products;
use crate::{passphrase, tx};
use bencao_chaincode::transaction::{Operation, RegisterProduct};
use bencao_client::bill::Planned;

pub(crate) fn run(console: &Console, command: ProductCommand) -> Result<Report, Failure> {
    let ProductCommand::Register { file, sign } = command;
    let bytes = passphrase::read(&file, products::FILE_BYTES_MAX)?;
    tx::send_all(console, &sign, |session| {
        let principal = session.signer.principal.to_string();
        // Sample files name the member `producer`; that is whoever registers them.
        let list = products::parse(&file, &bytes, |name| (name == "producer").then(|| principal.clone()))?;
        let planned = list.into_iter().map(|product| Planned {
            document_no: format!("product-{}", product.id.0),
            operation: Operation::RegisterProduct(RegisterProduct { product }),
        });
        Ok(planned.collect())
    })
}
