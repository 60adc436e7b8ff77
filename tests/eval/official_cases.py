"""Gold, prediction, format and score by MMLongBench-Doc's rules, worked out by hand from the rules as written.

A score that is None: the rules raise. Fractions are 1 minus edits over the longer length, as counted by eye.
"""

Case = tuple[str, str, str, float | None]

INT: list[Case] = [
    ("5", "5", "Int", 1),
    ("5", "6", "Int", 0),
    ("5", "5.0", "Int", 1),
    ("5", "5.", "Int", 1),
    ("5", " 5 ", "Int", 1),
    (" 5", "5", "Int", 1),
    ("+5", "5", "Int", 1),
    ("007", "7", "Int", 1),
    ("12", "12.7", "Int", 1),  # cut, not rounded
    ("12", "11.99", "Int", 0),
    ("-3", "-3", "Int", 1),
    ("-3", "-3.9", "Int", 1),
    ("0", "0.9", "Int", 1),
    ("0", "-0.5", "Int", 1),
    ("1000", "1e3", "Int", 1),
    ("10", "1_0", "Int", 1),  # Python reads underscores
    ("5", "٥", "Int", 1),  # and digits of other scripts
    ("5", "five", "Int", 0),
    ("5", "5 years", "Int", 0),
    ("5", "5%", "Int", 0),
    ("5", "$5", "Int", 0),
    ("5", "[5]", "Int", 0),
    ("5", "", "Int", 0),
    ("5", "nan", "Int", 0),
    ("5", "inf", "Int", 0),
    ("5", "-Infinity", "Int", 0),
    ("5", "Not answerable", "Int", 0),
    ("5", "Fail to answer", "Int", 0),
    ("1200", "1,200", "Int", 0),
    ("1,200", "1200", "Int", 0),
    ("1,200", "1,200", "Int", 0),  # a gold that is no integer can't be met
    ("5.0", "5", "Int", 0),
    ("21%", "21%", "Int", 0),
    ("14:04 CET", "14:04 CET", "Int", 0),
    ("yes", "yes", "Int", 0),
    ("GPT-4", "GPT-4", "Int", 0),
    ("", "anything", "Int", 1),  # an empty gold equals the empty string that a failed reading leaves
]

FLOAT: list[Case] = [
    ("12.5", "12.5", "Float", 1),
    ("12.5", "12.5%", "Float", 1),
    ("12.5", "12.5 %", "Float", 1),
    ("12.5%", "12.5", "Float", 1),
    ("50 %", "50", "Float", 1),
    ("12.5", "$12.5", "Float", 1),
    ("$12.5", "12.5", "Float", 1),
    ("$ 5", "5", "Float", 1),
    ("$$5", "5", "Float", 1),
    ("12.5", "12.5 (2019)", "Float", 1),
    ("12.5", "(about) 12.5", "Float", 1),
    ("12.5", "'12.5'", "Float", 1),
    ("12.5", '"12.5', "Float", 1),
    ("0.5", ".5", "Float", 1),
    ("2", "2.0", "Float", 1),
    ("1e2", "100", "Float", 1),
    ("-12.5", "-12.5", "Float", 1),
    ("12.5", "-12.5", "Float", 0),
    ("100", "101", "Float", 1),  # 1 <= 1 % of 101
    ("100", "102", "Float", 0),
    ("100", "99", "Float", 1),
    ("100", "98.9", "Float", 0),
    ("100", "1", "Float", 1),  # a hundredth
    ("100", "10000", "Float", 1),  # a hundredfold
    ("100", "10", "Float", 0),
    ("0.5", "50", "Float", 1),
    ("0.5", "50%", "Float", 1),
    ("0.5", "0.005", "Float", 1),
    ("0.5", "0.504", "Float", 1),
    ("0.5", "0.51", "Float", 0),
    ("0.125", "12.5", "Float", 1),
    ("33.33", "0.3333", "Float", 1),
    ("33.33", "33.3", "Float", 1),
    ("33.33", "33", "Float", 1),  # 0.33 <= 1 % of 33.33
    ("33.33", "32.9", "Float", 0),
    ("2", "1.99", "Float", 1),
    ("2", "200", "Float", 1),
    ("0", "0", "Float", 1),
    ("0", "0.004", "Float", 1),  # equal after rounding to two places
    ("0", "0.006", "Float", 0),
    ("0.004", "0.0", "Float", 1),
    ("1", "0.014", "Float", 1),  # a hundredth, rounded to two places
    ("1", "0.016", "Float", 0),
    ("1200", "1,200", "Float", 0),
    ("1,200", "1,200", "Float", None),
    ("1,200", "1200", "Float", None),
    ("12.5 million", "12.5", "Float", None),  # what the rules cut as a unit they throw away
    ("12.5", "12.5 million", "Float", 0),
    ("12.5", "twelve", "Float", 0),
    ("12.5", "", "Float", 0),
    ("12.5", "nan", "Float", 0),
    ("12.5", "inf", "Float", 0),
    ("12.5", "Not answerable", "Float", 0),
    ("12.5", "[12.5]", "Float", 0),
    ("n/a", "n/a", "Float", None),
]

TEXT: list[Case] = [
    ("Paris", "Paris", "Str", 1),
    ("Paris", "paris", "Str", 1),
    ("Paris", " Paris ", "Str", 1),
    ("Paris", "London", "Str", 0),
    ("Paris", "Pariss", "Str", 5 / 6),
    ("Paris", "Pari", "Str", 4 / 5),
    ("Paris", "Paris.", "Str", 5 / 6),
    ("ab", "a", "Str", 0),  # a half is not more than a half
    ("abcd", "abxy", "Str", 0),
    ("abcde", "abcxy", "Str", 3 / 5),
    ("abc", "abd", "Str", 2 / 3),
    ("a", "b", "Str", 0),
    ("", "", "Str", 1),
    ("", "x", "Str", 0),
    ("naïve", "naive", "Str", 4 / 5),
    ("A B", "A  B", "Str", 3 / 4),
    ("Yes", "No", "Str", 0),
    ("Yes", "yes.", "Str", 3 / 4),
    ("Yes", "Yes, it is", "Str", 0),
    ("Less well-off", "less well off", "Str", 12 / 13),
    ("'Paris'", "Paris", "Str", 1),
    ('"Paris"', "Paris", "Str", 1),
    ("''Paris", "'Paris", "Str", 5 / 6),  # one quote a side
    ("Paris (France)", "Paris", "Str", 1),
    ("Paris(France) city", "Paris city", "Str", 1),
    ("(note)", "", "Str", 1),
    ("(a (b) c)", "c)", "Str", 1),  # from the first opening to the first closing
    ("(open", "(open", "Str", 1),
    ("$100", "100", "Str", 1),
    ("100$", "100", "Str", 3 / 4),
    ("%5", "5", "Str", 0),
    ("$5 million", "5 million", "Str", 1),
    ("5 miles", "5", "Str", 0),
    ("5 miles", "5 mile", "Str", 6 / 7),
    ("10 million", "10", "Str", 0),
    ("50%", "50", "Str", 1),
    ("50%", "51", "Str", 0),  # digits are all or nothing
    ("50%", "50.0", "Str", 0),
    ("50.5%", "50.4", "Str", 3 / 4),  # with a point they are not
    ("2019", "2019", "Str", 1),
    ("2019", "2018", "Str", 0),
    ("2019", "2019.", "Str", 0),
    ("12-34", "12-34", "Str", 1),
    ("12-34", "12-35", "Str", 0),
    ("12 34", "12-34", "Str", 0),
    ("12-34-56", "12-34-57", "Str", 7 / 8),
    ("555-123-4567", "555-123-4568", "Str", 11 / 12),  # a telephone number in three groups is not taken for one
    ("2020-05-17", "2020-05-18", "Str", 0),
    ("2020 05 17", "2020-05-17", "Str", 0),
    ("2020-05", "2020-06", "Str", 0),
    ("https://x.org/a", "https://x.org/a", "Str", 1),
    ("https://x.org/a", "https://x.org/b", "Str", 0),
    ("see https://x.org", "see https://x.orh", "Str", 0),
    ("http://x.org/a", "http://x.org/b", "Str", 13 / 14),
    ("www.x.org", "www.y.org", "Str", 8 / 9),
    ("run.py", "run.py", "Str", 1),
    ("run.py", "run.pz", "Str", 0),
    ("run.python", "run.pythom", "Str", 9 / 10),
    ("a.ipynb", "b.ipynb", "Str", 0),
    ("Page 5", "page 5", "Str", 1),
    ("Page 5", "Page 6", "Str", 0),
    ("pages 5-6", "page 5-6", "Str", 0),
    ("the page 5", "the page 6", "Str", 9 / 10),
    ("10 a.m.", "10 a.m.", "Str", 1),
    ("10 a.m.", "10 p.m.", "Str", 0),
    ("10 am", "10 pm", "Str", 4 / 5),
    ("a@b.org", "a@c.org", "Str", 0),
    ("mail a@b.org", "mail a@c.org", "Str", 11 / 12),
    ("Not answerable", "Not answerable", "None", 1),
    ("Not answerable", "not answerable", "None", 1),
    ("Not answerable", "not answerable.", "None", 14 / 15),
    ("Not answerable", "Not answerable (no data)", "None", 1),
    ("Not answerable", "Not answered", "None", 10 / 14),
    ("Not answerable", "", "None", 0),
    ("Not answerable", "42", "None", 0),
    ("Not answerable", "Paris", "None", 0),
]

LIST: list[Case] = [
    ("['a', 'b']", "['a', 'b']", "List", 1),
    ("['a', 'b']", "['b', 'a']", "List", 1),
    ("['A', 'B', 'C']", "['a', 'b', 'c']", "List", 1),
    ("['x (y)']", "['x']", "List", 1),
    ("['a', 'b']", "['a']", "List", 0),
    ("['a']", "['a', 'b']", "List", 0),
    ("['a', 'a', 'b']", "['a', 'b', 'b']", "List", 0),
    ("['a']", "a", "List", 1),
    ("a", "['a']", "List", 1),
    ("['a', 'b']", "a, b", "List", 0),  # one string, not two
    ("['a']", "a, b", "List", 0),
    ("['apple', 'pear']", "['apple', 'peer']", "List", 3 / 4),  # the worst pair
    ("['apple', 'pear']", "['appel', 'pear']", "List", 3 / 5),
    ("['apple', 'pear']", "['pear', 'zzzzz']", "List", 0),
    ("['apple', 'pear']", "['pear', 'xapple']", "List", 0),  # sorting moves the pairs
    ("['a b', 'c d']", "['a b', 'c e']", "List", 2 / 3),
    ("['Not answerable']", "Not answerable", "List", 1),
    ("[1, 2]", "[1, 2]", "List", 1),
    ("[1, 2]", "[2, 1]", "List", 1),
    ("[10, 9]", "[9, 10]", "List", 1),
    ("[1, 2]", "[1, 3]", "List", 0),
    ("[1, 2]", "[1.0, 2.0]", "List", 0),  # written differently
    ("[1, 2]", "['1', '2']", "List", 1),
    ("['1%', '2%']", "[1, 2]", "List", 1),
    ("['$1', '2']", "[1, 2]", "List", 1),
    ("[1.50]", "[1.5]", "List", 1),  # numbers to Python
    ("['1.50']", "['1.5']", "List", 0),  # strings to Python
    ("['1,200']", "[1,200]", "List", 0),
    ("['1,200']", "['1200']", "List", 4 / 5),
    ("['5', 'apple']", "['5', 'appel']", "List", 0),  # the first gold item, sorted, is a number
    ("['apple', '5 kg']", "['apple', '5 kgs']", "List", 4 / 5),
    ("['1-2', '3']", "['1', '2-3']", "List", 1),  # joined with hyphens they are the same
    ("['page 1', 'xxxxx']", "['page 1', 'xxxxy']", "List", 0),
    ("['2020-05', '2020-06']", "['2020-05', '2020-07']", "List", 0),
    ("['inf']", "['info']", "List", 0),  # Python reads "inf" as a number
    ("['nan']", "['nan']", "List", 1),
    ("[]", "[]", "List", None),
    ("[]", "['a']", "List", 0),
    ("[]", "", "List", 0),
    ("['a']", "[]", "List", 0),
    ("['a', 'b']", "[a, b]", "List", None),
    ("['a']", "['a'", "List", None),
    ("['a']", "['a'] and more", "List", None),
    ("[1, 2]", "[1 2]", "List", None),
    ("['a']", "[the 'a']", "List", None),
    ("['a']", "[1,]", "List", 0),
    ("[-1]", "[2020-2021]", "List", 1),  # evaluated
    ("[0.5]", "[1/2]", "List", 1),
    ("['a']", "[1/0]", "List", None),
    (" ['a']", "['a']", "List", 0),  # with a space before it, it is a string
    ("['a']", " ['a']", "List", 0),
    ("[['a']]", "[['a']]", "List", 1),
    ("[True]", "['true']", "List", 1),
    ("[None]", "['none']", "List", 1),
    ("x", "x", "Other", 1),  # whatever is none of the formats is a list
]

CASES = INT + FLOAT + TEXT + LIST
