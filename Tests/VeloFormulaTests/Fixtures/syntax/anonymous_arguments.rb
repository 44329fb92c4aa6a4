def a(*) = b(*)
def a(**) = b(**)
def a(&) = b(&)
def a(*, **, &)
  b(*, **, &)
  b(1, *, c: 2, **)
end
def a(**nil) = b
