each { |x| x }
each { }
each {}
each do |x| x end
each do
end
each do |a, b|
  a
  b
end
each { |a, (b, c), *d| a }
each { |a, (b, *c), (d, (e, f))| e }
each { |a = 1, b: 2, c:, **d, &e| a }
each { |a, | a }
each { |*| 1 }
each { |*a, b| a }
each { |a; b, c| b = a }
each { || 1 }
each { |a, b = a | 1 }
each { _1 + _2 }
each { x = _1 }
outer inner do |x| x end
outer inner { |x| x }
outer(inner do |x| x end)
outer inner 1 do |x| x end
x = outer inner do |y| y end
outer.inner 1 do |x| x end.after
outer [1].map do |x| x end
return outer do 1 end
outer key: inner do 1 end
with_rescue do
  1
rescue A => e
  2
else
  3
ensure
  4
end
list.inject { |sum, x| sum + x }.then { |x| x }
a = 1
each { |x| a = x; b = x }
b
each { |a| a /2 }
lambda { |x| x }
proc do |x| x end
-> { 1 }
->() { 1 }
->(x) { x }
->(x, y = 2, *z, k: 1, &b) { x }
-> x, y { x }
-> do 1 end
->(x) do x end
f = ->(x) { x + 1 }
call ->(x) do x end, 1
call -> { 1 } do 2 end
f.(1)
f[1]
loop do break end
loop { next 1 }
loop do
  break 1, 2 if x
  next if y
  redo
end
