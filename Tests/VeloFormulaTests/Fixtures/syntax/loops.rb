while a
  b
end
while a do b end
until a
  b
end
until a do b end
a while b
a until b
begin
  a
end while b
begin
  a
end until b
begin a; b end while c
(a) while b
for x in list
  x
end
for x, y in list do x end
for a, (b, c) in list do a end
while x.any? { |y| y } do z end
while (x.any? do |y| y end) do z end
while call arg do
  body
end
until (line = gets).nil?
  puts line
end
loop do
  break if a
end
a += 1 while a < 10
begin
  a
end
