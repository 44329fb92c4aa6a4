1..2
1...2
a..b
(1..)
(1...)
(..5)
[1..]
x[1..]
x[..2]
x[-2..]
1..2 + 3
a || 1..b && 2
(a..b).each { |x| x }
case x when 1.. then y end
f(1.., 2)
"a".."z"
a == 1..2
x = 1..
  2
if (1..5) === x then y end
