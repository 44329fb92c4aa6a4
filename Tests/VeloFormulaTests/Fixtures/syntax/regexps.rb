/plain/
/flags/imx
/escaped \/ slash/
/[\/\w]+\.(tar)\s#{code}$/i
//
%r{path/to \} x}
%r{a{2,3}/b}
%r[a[bc]d]
%r!a\!b!
a / b
a/b
a /b/
local = 1
local /b
local / b
call /x/, y
x =~ /y/
x !~ /y/
[/a/, /b/]
{ a: /x/ }
when_regexp = if /a/ then /b/ end
f(/a/i)
a.b /c/
text[/v(\d+)/, 1]
return /x/ if y
/#{a}#@b/o
