"""Why a provider's reader refuses something: every reason code with its sentence, in one place, for the documentation."""

NOT_JSON = "not_json"
TRUNCATED_JSON = "truncated_json"
HTML_BODY = "html_body"
EMPTY_BODY = "empty_body"
PROVIDER_ERROR = "provider_error"
HTTP_STATUS = "http_status"
NOT_A_LIST = "not_a_list"
BAD_EVENT = "bad_event"
EVENT_WITHOUT_ID = "event_without_id"
DUPLICATE_EVENT = "duplicate_event"
BAD_COMMENCE_TIME = "bad_commence_time"
BAD_TEAM = "bad_team"
BAD_BOOKMAKERS = "bad_bookmakers"
BAD_BOOKMAKER = "bad_bookmaker"
DUPLICATE_BOOKMAKER = "duplicate_bookmaker"
BAD_MARKETS = "bad_markets"
BAD_MARKET = "bad_market"
DUPLICATE_MARKET = "duplicate_market"
BAD_OUTCOMES = "bad_outcomes"
BAD_OUTCOME = "bad_outcome"
DUPLICATE_OUTCOME = "duplicate_outcome"
BAD_PRICE = "bad_price"
BAD_POINT = "bad_point"
BAD_LAST_UPDATE = "bad_last_update"
BAD_CHANGE = "bad_change"
BAD_SCORE = "bad_score"
UNKNOWN_RECEIPT = "unknown_receipt"

REASONS: dict[str, str] = {
    NOT_JSON: "The body is not JSON. Nothing was read and nothing suspended.",
    TRUNCATED_JSON: "The JSON breaks off before its end. Nothing was read and nothing suspended.",
    HTML_BODY: "A web page came in place of JSON. Nothing was read and nothing suspended.",
    EMPTY_BODY: "The body is empty. Nothing was read and nothing suspended.",
    PROVIDER_ERROR: "The provider sent an error message in place of data. Nothing was read and nothing suspended.",
    HTTP_STATUS: "The answer's HTTP status is not 200. Nothing was read and nothing suspended.",
    NOT_A_LIST: "The JSON holds no list of events. Nothing was read and nothing suspended.",
    BAD_EVENT: "An entry of the event list is no object. It was left out; the answer counts as incomplete.",
    EVENT_WITHOUT_ID: "An event has no id. It was left out; the answer counts as incomplete.",
    DUPLICATE_EVENT: "An event is listed twice in one answer. The first entry counts.",
    BAD_COMMENCE_TIME: "The start of an event cannot be read. The event was left out.",
    BAD_TEAM: "A team of an event has no name. The event was left out.",
    BAD_BOOKMAKERS: "The bookmakers of an event are no list. Its quotes were left out; the answer counts as incomplete.",
    BAD_BOOKMAKER: "A bookmaker has no key. It was left out; the answer counts as incomplete.",
    DUPLICATE_BOOKMAKER: "A bookmaker is listed twice in one event. The first entry counts.",
    BAD_MARKETS: "The markets of a bookmaker are no list. They were left out; the answer counts as incomplete.",
    BAD_MARKET: "A market has no key. It was left out; the answer counts as incomplete.",
    DUPLICATE_MARKET: "A market is listed twice for one bookmaker. The first entry counts.",
    BAD_OUTCOMES: "The outcomes of a market are no list. They were left out; the answer counts as incomplete.",
    BAD_OUTCOME: "An outcome has no name, or a description that is no text. It was left out; the answer counts as incomplete.",
    DUPLICATE_OUTCOME: "An outcome is listed twice in one market. The first entry counts.",
    BAD_PRICE: "A price is not a number. The quote was left out.",
    BAD_POINT: "A point is not a number. The quote was left out.",
    BAD_LAST_UPDATE: "The time of a last update cannot be read. The next coarser time was used and the quote kept.",
    BAD_CHANGE: "An entry of a change log lacks its game, book, market or outcome, or has odd values. It was left out.",
    BAD_SCORE: "A score cannot be read. The result was left out.",
    UNKNOWN_RECEIPT: (
        "A stored answer bears no time at which it can have been received: none at all, one that cannot be read, one outside "
        "1970 to 2199, or one later than its import by more than a day. It stands just after the answer before it; none of its "
        "quotes was used and nothing suspended."
    ),
}
