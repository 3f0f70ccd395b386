# make run serves the demonstration, make test checks everything; both bring what they need.

.PHONY: run test ready suite bench check clean
.NOTPARALLEL:
SHELL := /bin/bash
bin := .venv/bin

run:
	@.ci/system-libraries run
	@.ci/environment run
	@.ci/assets
	@if [ -z "$${DEMO+set}$$DATABASE_URL" ]; then export DEMO=1; fi; exec $(bin)/python manage.py start

test: ready check suite

ready:
	@.ci/system-libraries test
	@.ci/environment test
	@.ci/assets

suite:
	env -u DATABASE_URL $(bin)/pytest -n 2 --dist loadscope
	.ci/postgresql $(bin)/pytest -n 2 --dist loadscope

# Each file bench_*.py of tests/bench measures something and says what it may cost.
bench: ready
	@for file in tests/bench/bench_*.py; do \
		DJANGO_SETTINGS_MODULE=tests.settings $(bin)/python -m "tests.bench.$$(basename "$$file" .py)" || exit 1; \
	done

check: ready
	$(bin)/ruff check .
	$(bin)/ruff format --check --output-format concise .
	git ls-files -z --cached --others --exclude-standard '*.html' | xargs -0 -r $(bin)/djade --check --target-version 5.2
	$(bin)/lint-imports
	$(bin)/mypy
	$(bin)/bandit --quiet --recursive --configfile pyproject.toml manage.py resilience practices funding mou
	DEMO=1 $(bin)/python manage.py makemigrations --check --dry-run
	env -u DEMO -u DATABASE_URL -u DEFAULT_FROM_EMAIL ALLOWED_HOSTS=resilience.example.nhs.uk \
		PUBLIC_URL=https://resilience.example.nhs.uk EMAIL_URL=smtp+tls://mail.example.nhs.uk \
		SECRET_KEY="$$($(bin)/python -c 'import secrets; print(secrets.token_urlsafe(48))')" \
		$(bin)/python manage.py check --deploy --fail-level WARNING

# The data in var/ stays.
clean:
	rm -rf .venv static/node_modules static/dist staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis \
		.import_linter_cache
