# Everything a newcomer types. Each target first makes sure that the machine can build (scripts/bootstrap.sh).
SHELL := /bin/bash
BOOTSTRAP := ./scripts/bootstrap.sh

.PHONY: help demo test lint docs bench build clean-cache

help:
	@echo 'make demo         build the release binary, then play the whole story on four validators and an observer'
	@echo 'make test         all tests of all packages'
	@echo 'make build        the release binary, target/release/bencao'
	@echo 'make lint         formatting and clippy, warnings are errors'
	@echo 'make docs         the Rust documentation, warnings are errors'
	@echo 'make bench        load generator against a network of its own'
	@echo 'make clean-cache  remove the prebuilt RocksDB of this machine (the next build takes about 11 minutes longer)'

# The first build from nothing takes about 15 minutes on two cores, of which RocksDB is 11; later ones seconds.
demo:
	$(BOOTSTRAP) cargo run --release --locked --package bencao-cli --bin bencao -- demo

build:
	$(BOOTSTRAP) cargo build --release --locked --package bencao-cli --bin bencao

test:
	$(BOOTSTRAP) cargo test --locked --workspace

lint:
	cargo fmt --all --check
	$(BOOTSTRAP) cargo clippy --locked --workspace --all-targets -- -D warnings

docs:
	RUSTDOCFLAGS='-D warnings' $(BOOTSTRAP) cargo doc --locked --workspace --no-deps --document-private-items

bench:
	$(BOOTSTRAP) cargo run --release --locked --package bencao-cli --bin bencao -- bench network

clean-cache:
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/bencao/rocksdb"
