bare
bare!
bare?
Constant
Constant()
Constant "x"
with_parens()
with_parens(1, 2)
with_parens(
  1,
  2,
)
with_parens(1, *list, key: 2, "str" => 3, **rest, &block)
command 1, 2
command "x", *list, key: 1, other: 2
command "a" => :build
command "a" => [:build, :test]
command key: 1,
        other: 2
command(a) { 1 }
command a { 1 }
command a do 1 end
command [1]
command -1
command - 1
command *list
command * list
command **hash
command &block
command & block
command ::Top
command :symbol
command !flag
command ->(x) { x }
command (1 + 2) * 3
command (1), 2
command nested 1, 2
command not_a_call
command(not(x))
x.y
x.y.z
x.y 1, 2
x.y(1).z(2)
x.y = 1
x&.y
x&.y(1)&.z 2
x.class.if.end
x.()
x.(1)
x::y
x::y(1)
X::Y
X::Y::Z
::X::Y
X::Y(1)
x.+ 1
x.!
self.x
self[1]
super
super()
super(1)
super 1, 2
yield
yield 1, 2
yield(1)
yield [1]
obj.method(:x).call
list.map(&:to_s)
list.each(&method(:puts))
shorthand(x:, y:)
shorthand x:, y: 1
puts(a ? b : c)
system "make", "PREFIX=#{prefix}", *args, "-j#{jobs}" if build?
assert_match(/x/, y)
assert_match "x", shell_output("#{bin}/x --version 2>&1", 1)
chain
  .first
  # a comment between
  .second(1)
  &.third
chain.first.
  second
trailing = chain
  .map { |x| x }
  .first
