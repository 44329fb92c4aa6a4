a = 1
a = b = c
a = b = 1, 2
a = 1, 2
a = *b
a = 1, *b
a = b rescue c
a, b = 1, 2
a, b = b, a
a, b = c
a, *b = c
*a, b = c
a, (b, c), d = e
(a, b), c = d
((a, b), c), d = e
a, (b, *c) = d
a, = b
a, * = b
*a = b
@a, @@b, $c, D = e
a.b, c[0], self.d = e
a, b = *c, d
a, b = c rescue d
a += 1
a -= 1
a *= 2
a /= 2
a %= 2
a **= 2
a ||= b
a &&= b
a |= b
a &= b
a ^= b
a <<= 1
a >>= 1
a += b rescue c
@a ||= {}
@a ||= begin
  b
end
@@a = 1
$a = 1
A = 1
A ||= 1
A::B = 1
::A = 1
a.b = 1
a.b += 1
a.b ||= 1
a&.b = 1
a&.b ||= 1
a[0] = 1
a[0] += 1
a[0, 1] = 2
a[b][c] ||= d
a.b[c].d = e
a = if b then c else d end
a = case b when c then d end
a = call 1, 2
a = call 1 do |x| x end
a = b.c d
a = !b
a = not(b)
a = [b = 1, c = 2]
call(a = 1)
if a = b then a end
x && y = z
x = y if z
a = b ? c : d
a = -> { b }
unknown = unknown
$1
$~
$?
$!
$CHILD_STATUS
$-w
$stdout
a = b unless defined?(a)
a.b, c = d, e
for_value = (a, b = 1, 2)
