if a then b end
if a
  b
elsif c
  d
elsif e then f
else
  g
end
if a
end
unless a
  b
else
  c
end
unless a then b end
a if b
a unless b
a if b unless c
a if b if c
if a && b ||
   c
  d
end
if (m = x.match(/y/))
  m
end
if not a then b end
if a; b; end
x = if a
  b
else
  c
end
call(if a then b end)
if a
  b
end.c
if list.any? { |x| x } then y end
if list.any? do |x| x end then y end
return unless a
raise "x" if a and b
case a
when 1
  b
when 2, 3 then c
when *d, e
  f
when String, /x/, 1..2
  g
else
  h
end
case
when a then b
when c
  d
end
case a
when 1 then b
end
case a when 1 then b else c end
x = case y
    when :a then 1
    end
