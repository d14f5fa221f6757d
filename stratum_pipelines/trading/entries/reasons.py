"""Why an import refuses something: every reason code with its sentence, in one place, for the documentation."""

EMPTY_FILE = "empty_file"
BROKEN_ARCHIVE = "broken_archive"
UNKNOWN_FILE = "unknown_file"
UNREADABLE_TEXT = "unreadable_text"
TRUNCATED_FILE = "truncated_file"
FILE_TOO_LARGE = "file_too_large"
BROKEN_DATABASE = "broken_database"
MISSING_COLUMN = "missing_column"
UNKNOWN_COLUMN = "unknown_column"
UNKNOWN_TABLE = "unknown_table"
BAD_ROW = "bad_row"
UNKNOWN_ROW = "unknown_row"
PENDING_ORDER = "pending_order"
UNCLEAR_DEAL = "unclear_deal"
MISSING_VALUE = "missing_value"
BAD_TEXT = "bad_text"
BAD_NUMBER = "bad_number"
IMPOSSIBLE_NUMBER = "impossible_number"
AMOUNT_DOES_NOT_FIT = "amount_does_not_fit"
UNKNOWN_CURRENCY = "unknown_currency"
BAD_MOMENT = "bad_moment"
IMPOSSIBLE_MOMENT = "impossible_moment"
UNKNOWN_DIRECTION = "unknown_direction"
DIRECTIONS_DISAGREE = "directions_disagree"
UNKNOWN_WORD = "unknown_word"
EXIT_BEFORE_ENTRY = "exit_before_entry"
STATUS_DISAGREES = "status_disagrees"
PROFIT_AGAINST_PRICE = "profit_against_price"
PROFIT_AGAINST_RESULT = "profit_against_result"
DUPLICATE_TRADE = "duplicate_trade"
UNKNOWN_SIGNAL = "unknown_signal"

REASONS: dict[str, str] = {
    EMPTY_FILE: "The file holds nothing. Nothing was imported from it.",
    BROKEN_ARCHIVE: "The file is packed (gzip) and cannot be unpacked to its end. Nothing was imported from it.",
    UNKNOWN_FILE: "The file is none that an importer knows by its content, or not of the format that was named. Nothing was imported from it.",
    UNREADABLE_TEXT: "The file is no text in UTF-8, UTF-16 or Windows-1252. Nothing was imported from it.",
    TRUNCATED_FILE: "The file breaks off before its end. What stands complete before that was imported.",
    FILE_TOO_LARGE: "The statement is larger than one that can be held in memory. Nothing was imported from it: export shorter spans.",
    BROKEN_DATABASE: "The file looks like an SQLite database and cannot be read as one to its end. What came before was imported.",
    MISSING_COLUMN: "The file has no column for something every row needs. Nothing was imported from it: give a column map.",
    UNKNOWN_COLUMN: "A column is known by none of the built-in names and not in the column map. It was left out, its rows were imported.",
    UNKNOWN_TABLE: "A line or a map names a table that no import fills. It was left out.",
    BAD_ROW: "A row cannot be split into the columns of the file, or is no object. It was left out.",
    UNKNOWN_ROW: "A row of a statement holds times and numbers as a trade does, in an order that is not known. It was left out.",
    PENDING_ORDER: "An order still waits to be filled, so it is no trade yet. It was left out; a later statement holds what came of it.",
    UNCLEAR_DEAL: (
        "A deal closes what no earlier deal of the file opened, or opens against a position held: which belong together cannot be "
        "told. It was left out; export the positions of the account, or a longer span."
    ),
    MISSING_VALUE: "A value that every such row needs is blank. The row was left out.",
    BAD_TEXT: "A name is longer than 200 characters or holds control characters. The row was left out.",
    BAD_NUMBER: "A number or amount cannot be read as one; NaN and infinity are none. The row was left out.",
    IMPOSSIBLE_NUMBER: "A number cannot be: a volume, price or stake that is not above 0, or a figure beyond all bounds. The row was left out.",
    AMOUNT_DOES_NOT_FIT: "An amount has more decimals than its currency has. The row was left out: nothing is rounded.",
    UNKNOWN_CURRENCY: "The currency is no code of ISO 4217, or not the one that was named for the file. The row was left out.",
    BAD_MOMENT: "A time cannot be read, or was skipped by the clocks of its time zone. The row was left out.",
    IMPOSSIBLE_MOMENT: "A time lies before 1970, after 2199 or later than the import by more than a day. The row was left out.",
    UNKNOWN_DIRECTION: "Whether a position was bought or sold, or a bet backs or lays, cannot be told. The row was left out.",
    DIRECTIONS_DISAGREE: "Two columns say opposite things about the direction. The row was left out.",
    UNKNOWN_WORD: "A status, result, reason or kind is a word that is not known. The row was left out.",
    EXIT_BEFORE_ENTRY: "The trade ends before it begins. The row was left out.",
    STATUS_DISAGREES: "The status says one thing and the exit, result or profit another. The row was left out.",
    PROFIT_AGAINST_PRICE: "The price went one way and the profit, before fees, the other. The row was left out.",
    PROFIT_AGAINST_RESULT: "The profit of a bet is not what stake, odds and result come to. The row was left out.",
    DUPLICATE_TRADE: "An earlier row of the file has the same id. The first counts.",
    UNKNOWN_SIGNAL: "The signal a trade is said to follow is not in the warehouse. The row was left out.",
}


class Unfit(Exception):
    """Something that cannot become a row: the reason, a sentence about it, and the value as it stands in the file."""

    def __init__(self, reason: str, detail: str, value: object = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.value = "" if value is None else str(value)
