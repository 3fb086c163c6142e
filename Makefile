# One verb a chore; `make` lists them. Each expects an environment with `pip install -e '.[test,lint]'`.
.DEFAULT_GOAL := help
.PHONY: help develop test lint format types rust tables bench demo gate

help: ## list the verbs
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

develop: ## build the extension into this checkout, with test and lint tools
	pip install -e '.[test,lint]'

test: ## all tests
	pytest

lint: ## ruff and the stub against the built module
	ruff check .
	ruff format --check .
	stubtest pyworker._native

format: ## format Python and Rust
	ruff check --fix .
	ruff format .
	cargo fmt

types: ## pyright, strict
	basedpyright

rust: ## format check, clippy, Rust tests
	cargo fmt --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	cargo test --workspace --locked

tables: ## write the Unicode tables again, from the installed tokenizers package
	for script in native/tables/*.py; do python $$script || exit 1; done

bench: ## the proxy beside its peers (PEER=python of an environment with vastai 1.9.1)
	python -m benchmarks.proxy --ours --nginx $(if $(PEER),--peer-python $(PEER))

demo: ## the whole loop on this machine
	python -m pyworker demo

gate: ## what CI runs
	.ci/run
