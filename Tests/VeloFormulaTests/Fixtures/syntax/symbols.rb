:name
:name?
:name!
:name=
:Constant
:@ivar
:@@cvar
:$global
:[]
:[]=
:+
:-@
:!
:<=>
:===
:=~
:**
:"with space"
:'raw #{x}'
:"with #{code} in it"
:class
:nil
{ :a=>1, :b= => 2 }
call :a, :b
%s(plain symbol)
