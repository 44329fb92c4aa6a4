plain = <<EOS
  indented #{code}
EOS
dash = <<-EOS
  indented
  EOS
squiggly = <<~EOS
  first
    second
  \tthird

  fifth
EOS
raw = <<~'EOS'
  no #{code} and no \n escape \
  here
EOS
quoted = <<~"TWO WORDS"
  text #{code}
TWO WORDS
shell = <<~`CMD`
  ls #{dir}
CMD
first(<<~A, <<~B)
  of a
A
  of b
B
second(<<~A.lines.map(&:strip), "other")
    text
  A
(path/"file").write <<~EOS
  #{one} starts a line
    \#{not} code
  a #{if x
        "b"
      end} c
EOS
nested = <<~OUTER
  before
  #{<<~INNER.upcase} after
    within
  INNER
  last
OUTER
continued = <<~EOS
  one \
  line
    two
EOS
blank = <<~EOS
  
    kept
      
  end
EOS
tabs = <<~EOS
	tab
        eight
	  more
EOS
tab_and_spaces = <<~EOS
    four
	tab
EOS
empty = <<~EOS
EOS
hash = {
  key:   <<~EOS,
    value
  EOS
  other: 1,
}
call <<~EOS do |x|
  text
EOS
  body
end
chained = <<~EOS
  text
EOS
  .strip
joined = <<~EOS "tail"
  head
EOS
string_after(<<~EOS, "starts
  text
EOS
and ends")
list << <<~EOS
  item
EOS
value <<2
call <<ID
text
ID
x.y <<~EOS
  text
EOS
