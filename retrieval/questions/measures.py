"""Financial measures that reports are asked for by a name that does not stand in them: an EBITDA, a ratio, a return is
worked out from lines of the statements, which have other names."""

import regex  # type: ignore[import-untyped]

_BALANCE = "consolidated balance sheets financial position"
_INCOME = "consolidated statements of operations income earnings profit or loss"
_CASH = "consolidated statements of cash flows"

_OVER = r"(?:[- ](?:to|over)[- ]|/)(?:total |net |working |current |long[- ]term |stockholders?'? |shareholders?'? )*"
_HELD = r"(?:debt|liabilit(?:y|ies)|assets?|equity|capital)"
_EQUITY = r"(?:stock|share)holders?['’]?s?['’]? equity|common equity|book value|net worth"
_DEBT = rf"total {_HELD}|{_HELD}{_OVER}(?:{_HELD}|ebitda?)|(?:debt|leverage|gearing|solvency|equity) ratio"
_SALES = rf"(?:to|per ?cent of|percentage of|% of) sales|sales{_OVER}{_HELD}"
_TURNOVER = (
    r"(?:asset|inventory|stock|receivables?|payables?) turnover|days (?:sales|inventory|payables?)|cash conversion"
)

# Textbook definitions: what a measure is made of, then the statement that has it.
_MADE_OF = {
    r"ebitd?a?|ebitdar": f"operating income depreciation amortization net income interest taxes {_INCOME} {_CASH}",
    rf"(?:gross|operating|net|profit|pre-?tax|ebitda?)(?: profit)? margins?|{_SALES}": (
        f"net sales revenues cost of revenues gross profit operating income net income {_INCOME}"
    ),
    r"roa|return on (?:total |average )*assets": f"net income total assets {_BALANCE}",
    rf"roe|return on (?:total |average )*(?:equity|{_EQUITY})": f"net income total stockholders equity {_BALANCE}",
    r"roic|roce|return on (?:invested capital|capital employed)": f"operating income total debt equity {_BALANCE}",
    r"working capital|(?:current|quick|cash|acid[- ]test|liquidity) ratios?": (
        f"total current assets total current liabilities {_BALANCE}"
    ),
    rf"{_DEBT}|{_EQUITY}": f"total assets total liabilities equity current portion long term debt {_BALANCE}",
    r"interest cover(?:age)?|times interest earned": f"operating income interest expense {_INCOME}",
    _TURNOVER: f"net sales revenues cost of sales inventories receivable payable {_BALANCE} {_INCOME}",
    r"(?:operating |free )?cash flows?|fcf|ocf": f"net cash provided by operating activities {_CASH}",
    r"cap(?:ital )?ex(?:penditures?)?": f"purchases of property plant and equipment {_CASH}",
    r"eps": f"earnings per share basic diluted {_INCOME}",
    r"(?:dividend )?pay-?out ratio": f"dividends paid net income {_CASH}",
    r"(?:effective )?tax rate": f"provision for income taxes income before {_INCOME}",
}
_ASKED = [(regex.compile(rf"(?<!\p{{L}})(?:{names})(?!\p{{L}})", regex.I), lines) for names, lines in _MADE_OF.items()]


def made_of(text: str) -> str:
    """Words of the lines and statements from which the measures that the text names are worked out; most often none."""
    found = [word for names, lines in _ASKED if names.search(text) for word in lines.split()]
    return " ".join(dict.fromkeys(found))
