"\xFF\xFE"
"bytes \xFF" " joined " "\xC3\xA9"
"text and \xFF #{code}"
"\xC3" "\xA9"
"\377"
{ "\xFF" => ?\xFE }
x <<~EOS
  a \xFF
EOS
