"""Text to tokens to BM25 weights: one tokenizer for questions, passages and pages, whatever the engine.

Tokens, after NFKC, without soft hyphens and invisible characters, case and Latin accents folded:
- words: their stem in the language of the text (Snowball). Where that isn't English, the unstemmed form too; questions
  bring the unstemmed form, the English stem and that of their own language, so that they meet either way;
- numbers whole, separators of thousands removed and decimals after a point: '12,500', '12.500,00', '12 500' and
  "12'500" are '12500'; what could be read two ways ('1.234', '12 500') is there both ways;
- '%' as 'percent', and beside its number ('45%'); signs of currencies as their code ('eur');
- codes, dates, e-mail addresses and links whole, by their larger parts and in parts: 'AB-12/3' gives 'ab-12/3',
  'ab-12', 'ab', '12', '3'. Hyphenated words joined and in parts, words written inCamelCase or with digits (FY2020) too;
- Chinese, Japanese and Korean as overlapping pairs of characters and as single ones; Thai, Lao, Khmer and Burmese as
  overlapping pairs and threes of what is seen as one character.

Not done: compounds written as one word (German, Dutch, the Nordic languages) are not taken apart, for that needs a
dictionary of each; 'ü' meets 'u' but not 'ue'; traditional and simplified characters do not meet; numbers in words are
words.
"""

from retrieval.lexical.languages import language_of
from retrieval.lexical.tokenizing import encodable, question_tokens, tokens
from retrieval.lexical.weights import Bm25, question_weights

__all__ = ["Bm25", "encodable", "language_of", "question_tokens", "question_weights", "tokens"]
