//! chaincode
