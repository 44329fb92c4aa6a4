a ? b : c
a ? b : c ? d : e
a ? b ? c : d : e
a ? :b : :c
a ? "b" : "c"
a ? "b":"c"
a ? 1:2
a ? x(1) : y
a ? [1] : [2]
a ? { b: 1 } : {}
a ? nil : true
a.b? ? c : d
a? ? b : c
a ? b.c? : d
a ? b : c = d
x = a ? b : c
x = a && b ? c : d
call a ? b : c
call(a ? "b" : "c", d)
a ?
  b :
  c
a ? b
  : c
"#{a ? "b" : "c"}"
local = 1
a ? local : b
a ? local: b
a ? B : C
a ? B::C : D
a ? (b; c) : d
a ? @b : $c
{ a: b ? c : d, e: f }
a ? b - 1 : c
