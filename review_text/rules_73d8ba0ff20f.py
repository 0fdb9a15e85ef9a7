"""The normaliser of version 73d8ba0ff20f, word for word, for models that were trained with it."""

from review_text.normaliser import Normaliser
from review_text.rules import Rule

_RULES = (
    Rule(
        "[\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff"
        "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]",
        "",
    ),
    Rule("[\x00-\x1f\x7f-\xa0\xac\u1680\u2000-\u200a\u2028-\u2029\u202f\u205f\u3000]", " "),
    Rule("  +", " "),
    Rule("[\u2018\u2019\u201a\u201b\u02bc\u2032\xb4`\uff07]", "'"),
    Rule("[\u201c\u201d\u201e\u201f\u2033\xab\xbb\uff02]", '"'),
    Rule("&(?:(?:amp|#0{0,4}38|#x0{0,4}26);){1,8}", "&"),
    Rule("&(?:apos|[lr]squo|#0{0,4}39|#x0{0,4}27|#821[67]|#x201[89]);", "'"),
    Rule("&(?:quot|[lr]dquo|#0{0,4}34|#x0{0,4}22|#822[01]|#x201[cd]);", '"'),
    Rule("&(?:lt|#0{0,4}60|#x0{0,4}3c);", "<"),
    Rule("&(?:gt|#0{0,4}62|#x0{0,4}3e);", ">"),
    Rule("&([a-z])(?:acute|cedil|circ|grave|ring|slash|tilde|uml);", "{1}"),
    Rule(
        "&(?:nbsp|[mn]dash|hellip|bull|middot|copy|reg|trade|cent|pound|euro|yen|se"
        "ct|deg|shy|[lr]aquo|frac[0-9]{2}|#[0-9]{1,7}|#x[0-9a-f]{1,6});",
        " ",
    ),
    Rule(
        "</?(?:a|abbr|b|big|blockquote|body|br|center|cite|code|del|div|em|font|h[1"
        "-6]|head|hr|html|i|img|ins|li|ol|p|pre|q|s|script|small|span|strike|strong"
        '|style|sub|sup|table|tbody|td|th|tr|tt|u|ul)(?: [a-z\\-]+ ?= ?(?:"[^"<>]*"'
        "|'[^'<>]*'|[^ \"'<>]+)){0,16} ?/?>",
        " ",
    ),
    Rule("<!--[^<>]*-->", " "),
    Rule("://", " : / / "),
    Rule(
        "([:;=]-?)([dpos][^ '!\"#$%\\&()*+,\\-./:;<=>?@\\[\\\\\\]\\^_`{|}\\~\xa1-"
        "\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u2010-\u2027\u2030-\u205e\u20a0-"
        "\u20c0\u2190-\u2bff\u3001-\u3003\u3008-\u3020\uff01-\uff0f\uff1a-\uff20"
        "\U0001f000-\U0001faff])",
        "{1} {2}",
    ),
    Rule("<(3[0-9])", "< {1}"),
    Rule(":'(-?[()])", ":\x01{1}"),
    Rule("([:;=]\x01?[\\-o\\^\\~]?)(?:(\\))\\)+|(\\()\\(+)", "{1}{2}{3}"),
    Rule("([:;=])(\x01?[\\-o\\^\\~]?[()\\[\\]{}|]|-?[dpos/\\\\*])", " {1}\x02{2}\x02 "),
    Rule("(\\()(-?[:;=])", " {1}\x02{2}\x02 "),
    Rule(" (\\))(-?[:;=])", " {1}\x02{2}\x02 "),
    Rule("(<)(/?3)", " {1}\x02{2}\x02 "),
    Rule("(\\^)([_\\-.]?\\^)", " {1}\x02{2}\x02 "),
    Rule("(-)(_{1,3}-)", " {1}\x02{2}\x02 "),
    Rule("(>)([_.]<)", " {1}\x02{2}\x02 "),
    Rule("(;)(_;)", " {1}\x02{2}\x02 "),
    Rule(
        '([!"#$%\\&()*+,\\-./:;<=>?@\\[\\\\\\]\\^_`{|}\\~\xa1-\xa9\xab-\xb4\xb6-'
        "\xb9\xbb-\xbf\xd7\xf7\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u2bff"
        "\u3001-\u3003\u3008-\u3020\uff01-\uff0f\uff1a-\uff20\U0001f000-\U0001faff]"
        "(?:\x02[^ \x02]{1,4}\x02)?)",
        " {1} ",
    ),
    Rule("\x02", ""),
    Rule("(''?'?) ", " {1} "),
    Rule("'(s|m|d|re|ve|ll) ", " \x01{1} "),
    Rule("n't ", " n\x01t "),
    Rule("'", " ' "),
    Rule("\x01", "'"),
    Rule("cannot ", "can not "),
    Rule("  +", " "),
    Rule(
        "( (?:n't|not|never|no)) ([^ '!\"#$%\\&()*+,\\-./:;<=>?@\\[\\\\\\]\\^_`{|}"
        "\\~\xa1-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u2010-\u2027\u2030-\u205e"
        "\u20a0-\u20c0\u2190-\u2bff\u3001-\u3003\u3008-\u3020\uff01-\uff0f\uff1a-"
        "\uff20\U0001f000-\U0001faff][^ ]*)(?: ([^ '!\"#$%\\&()*+,\\-./:;<=>?@\\[\\"
        "\\\\]\\^_`{|}\\~\xa1-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u2010-\u2027"
        "\u2030-\u205e\u20a0-\u20c0\u2190-\u2bff\u3001-\u3003\u3008-\u3020\uff01-"
        "\uff0f\uff1a-\uff20\U0001f000-\U0001faff][^ ]*)(?: ([^ '!\"#$%\\&()*+,\\-."
        "/:;<=>?@\\[\\\\\\]\\^_`{|}\\~\xa1-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7"
        "\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u2bff\u3001-\u3003\u3008-"
        "\u3020\uff01-\uff0f\uff1a-\uff20\U0001f000-\U0001faff][^ ]*))?)?",
        "{1} \xac{2} \xac{3} \xac{4}",
    ),
    Rule(" \xac(?: \xac)? ", " "),
)
_CAPITAL = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7\xc8\xc9\xca\xcb\xcc"
    "\xcd\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd8\xd9\xda\xdb\xdc\xdd\xde\u0100"
    "\u0102\u0104\u0106\u0108\u010a\u010c\u010e\u0110\u0112\u0114\u0116\u0118\u011a"
    "\u011c\u011e\u0120\u0122\u0124\u0126\u0128\u012a\u012c\u012e\u0130\u0132\u0134"
    "\u0136\u0139\u013b\u013d\u013f\u0141\u0143\u0145\u0147\u014a\u014c\u014e\u0150"
    "\u0152\u0154\u0156\u0158\u015a\u015c\u015e\u0160\u0162\u0164\u0166\u0168\u016a"
    "\u016c\u016e\u0170\u0172\u0174\u0176\u0178\u0179\u017b\u017d\u0386\u0388\u0389"
    "\u038a\u038c\u038e\u038f\u0391\u0392\u0393\u0394\u0395\u0396\u0397\u0398\u0399"
    "\u039a\u039b\u039c\u039d\u039e\u039f\u03a0\u03a1\u03a3\u03a4\u03a5\u03a6\u03a7"
    "\u03a8\u03a9\u03aa\u03ab\u0400\u0401\u0402\u0403\u0404\u0405\u0406\u0407\u0408"
    "\u0409\u040a\u040b\u040c\u040d\u040e\u040f\u0410\u0411\u0412\u0413\u0414\u0415"
    "\u0416\u0417\u0418\u0419\u041a\u041b\u041c\u041d\u041e\u041f\u0420\u0421\u0422"
    "\u0423\u0424\u0425\u0426\u0427\u0428\u0429\u042a\u042b\u042c\u042d\u042e\u042f"
)
_SMALL = (
    "abcdefghijklmnopqrstuvwxyz\xe0\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec"
    "\xed\xee\xef\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf8\xf9\xfa\xfb\xfc\xfd\xfe\u0101"
    "\u0103\u0105\u0107\u0109\u010b\u010d\u010f\u0111\u0113\u0115\u0117\u0119\u011b"
    "\u011d\u011f\u0121\u0123\u0125\u0127\u0129\u012b\u012d\u012fi\u0133\u0135"
    "\u0137\u013a\u013c\u013e\u0140\u0142\u0144\u0146\u0148\u014b\u014d\u014f\u0151"
    "\u0153\u0155\u0157\u0159\u015b\u015d\u015f\u0161\u0163\u0165\u0167\u0169\u016b"
    "\u016d\u016f\u0171\u0173\u0175\u0177\xff\u017a\u017c\u017e\u03ac\u03ad\u03ae"
    "\u03af\u03cc\u03cd\u03ce\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b8\u03b9"
    "\u03ba\u03bb\u03bc\u03bd\u03be\u03bf\u03c0\u03c1\u03c3\u03c4\u03c5\u03c6\u03c7"
    "\u03c8\u03c9\u03ca\u03cb\u0450\u0451\u0452\u0453\u0454\u0455\u0456\u0457\u0458"
    "\u0459\u045a\u045b\u045c\u045d\u045e\u045f\u0430\u0431\u0432\u0433\u0434\u0435"
    "\u0436\u0437\u0438\u0439\u043a\u043b\u043c\u043d\u043e\u043f\u0440\u0441\u0442"
    "\u0443\u0444\u0445\u0446\u0447\u0448\u0449\u044a\u044b\u044c\u044d\u044e\u044f"
)

NORMALISER = Normaliser(rules=_RULES, folding=dict(zip(_CAPITAL, _SMALL, strict=True)))
