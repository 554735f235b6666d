"""Other people's validators over everything that is deployed or run; none may find a thing.

cfn-lint runs in `validate`. The others need versions of boto3 and click that are not the
tool's, so they live in an environment of their own, `.venv-audit`, from
`requirements/audit.lock`:

| Tool | Reads |
|---|---|
| checkov | the templates, and what SAM makes of the application for each environment |
| cloudformation-validate | foundation, pipeline, and what SAM makes of the application |
| parliament | every policy in them, with the names that the stacks will really have |
| check-jsonschema | the buildspecs, by `buildspec.schema.json` |
| shellcheck | the scripts, and the commands inside the buildspecs |

`material` makes what they read, `validators` runs them, `skips` holds their findings against
the comments that take one away, and `isolated` is what runs in the other environment.
"""
