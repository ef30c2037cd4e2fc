"""Each of the 31 text transformations, on inputs of our own, against what the AWS WAF Developer Guide says it does."""

from __future__ import annotations

import hashlib

import botocore.session
import pytest

from ringwall.policies.waf.transformations import TRANSFORMATIONS

VECTORS: dict[str, list[tuple[bytes, bytes]]] = {
    "NONE": [(b" A\0%41", b" A\0%41")],
    "COMPRESS_WHITE_SPACE": [(b"a \t\r\n\v\f\xa0b", b"a b"), (b"  a", b" a"), (b"ab", b"ab")],
    "HTML_ENTITY_DECODE": [
        (b"&lt;SCRIPT&GT;", b"<SCRIPT>"),
        (b"&quot;&nbsp;&quot;", b'"\xa0"'),
        (b"&#x6a;&#X61;&#118;&#97;", b"java"),
        (b"&#x20AC;", "€".encode()),
        (b"&unknown;&#x110000;&lt", b"&unknown;&#x110000;&lt"),
        (b"java&Tab;script&colon;", b"java\tscript:"),
        (b"&#0000000060;", b"<"),
    ],
    "LOWERCASE": [("ABCÄ".encode(), "abcÄ".encode())],
    "UPPERCASE": [("abcä".encode(), "ABCä".encode())],
    "CMD_LINE": [
        (rb'C^M"D\.e\'xe', b"cmd.exe"),
        (b"cat  /etc (x)", b"cat/etc(x)"),
        (b"a,b;c   d", b"a b c d"),
        (b"a\tb", b"a\tb"),
    ],
    "CMD_LINE_UNIX": [(b"  c\\at\t'/etc'\n ", b"cat /etc"), (b"a^b;c", b"a^b;c")],
    "CMD_LINE_WIN": [(b'C:\\\\\\W^IN"', b"c:\\win"), (b"a^\r\nb^\nc", b"abc"), (b"p`owershell \t x", b"powershell x")],
    "URL_DECODE": [(b"%3cscript+%3E", b"<script >"), (b"%zz%4%", b"%zz%4%"), (b"%u0041", b"%u0041"), (b"%2541", b"%41")],
    "URL_DECODE_UNI": [(b"%u0041%uFF1Cs%UFF5E", b"A<s~"), (b"%u1242", b"B"), (b"%u00zz+%41", b"%u00zz A")],
    "BASE64_DECODE": [(b"aGVsbG8=", b"hello"), (b"aGVsbG8", b"hello"), (b"aGV#sbG8=", b"aGV#sbG8="), (b"not base 64", b"not base 64")],
    "BASE64_DECODE_EXT": [(b"aG V#sb\nG8=", b"hello"), (b"a", b""), (b"--__", b"\xfb\xef\xff"), (b"", b"")],
    "HEX_DECODE": [(b"68656C6c6f", b"hello"), (b"686", b"686"), (b"68 65", b"68 65"), (b"", b"")],
    "SQL_HEX_DECODE": [(b"x=0x414243", b"x=ABC"), (b"0X4a4", b"J4"), (b"0x", b"0x"), (b"char(0x41,0x42)", b"char(A,B)")],
    "MD5": [(b"", bytes.fromhex("d41d8cd98f00b204e9800998ecf8427e"))],
    "SHA256": [(b"abc", hashlib.sha256(b"abc").digest())],
    "REPLACE_COMMENTS": [
        (b"un/**/ion/* x\n */sel", b"un ion sel"),
        (b"a/* open\n", b"a "),
        (b"a*/b", b"a*/b"),
        (b"/**//**/", b"  "),
    ],
    "REMOVE_COMMENTS_CHAR": [(b"a/*b*/c--d#e", b"abcde"), (b"a-b", b"a-b")],
    "ESCAPE_SEQ_DECODE": [
        (rb"\a\b\f\n\r\t\v\\\?\'\"", b"\a\b\f\n\r\t\v\\?'\""),
        (rb"\x41\0101\101", b"AAA"),
        (rb"\q\xzz" + b"\\", rb"\q\xzz" + b"\\"),
        (rb"\0", b"\0"),
    ],
    "CSS_DECODE": [
        (rb"ja\vascript", b"javascript"),
        (rb"\6a\61 v\000061", b"java"),
        (rb"\ff1cs", b"<s"),
        (b"a\\\nb\\", b"ab"),
        (rb"\1234zz", b"4zz"),
    ],
    "JS_DECODE": [
        (rb"\u0061\u0062", b"ab"),
        (rb"\uff1cscript", b"<script"),
        (rb"\u1241", b"A"),
        (rb"\x41\101\n\q\'", b"AA\nq'"),
        (rb"\u00z", b"u00z"),
        (rb"\400", b" 0"),
    ],
    "JS_DECODE_EXT": [(rb"C:\new\temp", rb"C:\new\temp"), (rb"\u0041\x42\/\\", rb"AB/" + b"\\"), (rb"\uff1c", b"<")],
    "NORMALIZE_PATH": [
        (b"/a//b/./c/../d", b"/a/b/d"),
        (b"/../../etc", b"/etc"),
        (b"../../a/../b", b"../../b"),
        (b"/a/b/..", b"/a/"),
        (b"/", b"/"),
        (b"", b""),
        (b"a/", b"a/"),
        (b"a/..", b""),
    ],
    "NORMALIZE_PATH_WIN": [(b"\\a\\..\\b", b"/b"), (b"c:\\x\\\\y", b"c:/x/y")],
    "REMOVE_NULLS": [(b"a\0b\0", b"ab")],
    "REPLACE_NULLS": [(b"a\0b\0", b"a b ")],
    "UTF8_TO_UNICODE": [("aé€".encode(), b"a%u00e9%u20ac"), (b"a\xff", b"a\xff"), ("\U0001f600".encode(), b"%u1f600")],
    "REMOVE_WHITESPACE": [(b" a\tb\n\xa0c ", b"abc")],
    "TRIM": [(b" \ta b\n", b"a b")],
    "TRIM_LEFT": [(b" \ta b\n", b"a b\n")],
    "TRIM_RIGHT": [(b" \ta b\n", b" \ta b")],
}


def test_every_transformation_of_the_service_model_is_served_and_has_vectors():
    model = botocore.session.get_session().get_service_model("wafv2")
    words = set(model.shape_for("TextTransformationType").enum)
    assert len(words) == 31
    assert words == set(TRANSFORMATIONS) == set(VECTORS)


@pytest.mark.parametrize(("name", "given", "wanted"), [(name, *pair) for name, pairs in VECTORS.items() for pair in pairs])
def test_a_transformation_gives(name: str, given: bytes, wanted: bytes):
    assert TRANSFORMATIONS[name](given) == wanted
