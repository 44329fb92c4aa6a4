"plain"
'plain'
""
"tab\tnewline\nquote\"backslash\\"
'single \' and \\ and \n stay'
"\e[1m\a\b\f\v\r\s\0"
"\x41\u0042\u{43}\u{1F600 44}\101"
"\cA\C-a"
"\q stays q"
"interpolated #{name} here"
"nested #{"inner #{"innermost"}"} end"
"#{}"
"#{a; b}"
"a hash #{{ "k" => 1 }["k"]}"
"a block #{list.map { |x| "<#{x}>" }.join}"
"variable #@ivar #@@cvar #$global and # alone, #a, #"
"adjacent " "literals " 'are one'
"adjacent #{code} " \
  "over lines"
"continued \
in the string"
'not continued \
in a raw one'
"several
lines"
"é ü 漢字"
?a
?\n
?é
[?a, ?b]
x ? "a":"b"
`ls #{dir}`
%x(ls -l)
__FILE__
"\xC3\xA9"
