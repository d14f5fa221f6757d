"""The reference page of problems: what the API answers where it does not answer what was asked."""

from stratum_api.problems import every_problem, explained

MADE = "<!-- Made by `make docs` from the code; changes here are lost. -->"
ABOUT = """Every answer of the API that is no success is `application/problem+json` (RFC 9457) with these members; a problem may add its own.

```json
{
  "type": "/problems/too_many_requests",
  "title": "Too many requests",
  "status": 429,
  "code": "too_many_requests",
  "detail": "60 requests a minute are allowed; the next minute begins in 17 s.",
  "request_id": "6f0c2a9d31b7e8464f7c1f0a5d2e9b13",
  "retry_after_s": 17
}
```

Programs tell problems by `code`; titles and details may change. `type` leads to the same words on the server itself. `request_id` is
also the header `X-Request-ID` of every answer, and stands in the log of the server."""


def problem_page() -> str:
    """The page of every problem, by status."""
    rows = []
    for problem in every_problem():
        meaning, remedy = explained(problem)
        rows.append(
            f'| <a id="{problem.__name__.lower()}"></a>`{problem.code()}` | {problem.status} | {meaning} | {remedy} |'
        )
    table = "\n".join(["| code | status | means | do |", "| --- | --- | --- | --- |", *rows])
    return f"# Problems\n\n{MADE}\n\n{ABOUT}\n\n{table}\n"
