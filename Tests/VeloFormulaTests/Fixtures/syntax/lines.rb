# a comment
a # another
=begin
a block comment
  with anything "in it
=end
b; c;; d
;
e \
  f
a(1,
  2)
a 1,
  2
a = 1 +
    2
a = [
  1, # one
  # two
  2,
]
a =
  1
a.
  b
a
  .b
a

# comment
  # between
b
  # comment
  .c
x = {
  # only a comment
}
call(
  # only a comment
)
a if b &&
     c
a ? b : # comment
  c
