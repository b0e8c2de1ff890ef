.PHONY: help run test chaos bench lint lock vendor clean
help:
	@echo 'make run     起動する(Ctrl-C で停止)。変数: PORT DATA_DIR WORKERS HOST ほか'
	@echo 'make test    すべてのテスト。一部だけ: make test ARGS="tests/domain -k segments"'
	@echo 'make chaos   500件以上を、周りを壊しながら送る長いテスト(約10分)'
	@echo 'make bench   速さを、同じ機械・同じ時の比べる相手とともに測る(約3分)'
	@echo 'make lint    書き方、型、構造、テンプレートの検査'
	@echo 'make lock    pyproject.toml から deploy/locks/ を作り直す'
	@echo 'make vendor  static/vendor/ を取り直す'
	@echo 'make clean   .venv とキャッシュを消す(データは残る)'

# exec: signals to make's child must reach the launcher, not a shell in between.
run:
	@exec deploy/run.sh

test:
	@exec deploy/test.sh $(ARGS)

chaos:
	@exec deploy/chaos.sh $(ARGS)

bench:
	@exec deploy/bench.sh $(ARGS)

lint:
	@exec deploy/lint.sh

lock:
	@exec deploy/lock.sh

vendor:
	@deploy/venv.sh dev && exec .venv/bin/python static/vendor/refresh.py

clean:
	@rm -rf .venv bench/npm/node_modules .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
