%w[a b c]
%w[]
%w[ spread
   over
   lines ]
%w(with (nested) brackets)
%w[esc\ aped \[bracket\] back\\ slash\n]
%W[a#{b}c d\te #{f}]
%W[plain words]
%i[a b]
%I[a#{b} c]
%q(single 'quotes' (nested) #{not code} \) \n)
%Q(double "quotes" (nested) #{code} \) \n)
%("parentheses" #{code})
%[brackets [nested]]
%{braces {nested} #{{ a: 1 }}}
%<angles <nested>>
%|bars|
%!bangs!
%q/slashes/
call %w[a b], *%w[c d]
x = %w[
  --one
  --two=#{raw}
].join(" ")
10 % 3
value % [1, 2]
"%s and %d" % [name, 1]
"%.2f" % 1.5
