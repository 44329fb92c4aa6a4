a + b * c ** d
a - b - c
a ** b ** c
-a ** b
!a && b || c
!a == b
not a == b
not a and not b
a and b or c
a = b and c
a || b && c
a == b && c != d
a <=> b
a === b
a =~ b
a !~ b
a < b == c > d
a | b & c ^ d
a << b << c
a >> b
a << 1 + 2
a & b == c
-a + +b
~a
!a.b
- a
a % b
a.b + c.d
a+b
a-b
a*b
a&b
a && !b
a + (b + c)
(a; b)
()
(a)
((a))
defined?(a)
defined? a
defined?(a) && b
defined? @a
a if b and c
a unless b or c
x = 1
x -1
x *2
x &y
x [0]
x ::Y
x ? 1 : 2
x +1
a +
  b
a &&
  b ||
  c
a \
  + b
puts -x
puts - x
a !~ /b/
a <<-1
