class Strings < Formula
  url "https://example.org/strings-1.0.tar.gz"

  def install
    name = "velocity"
    system "case", name.upcase, name.capitalize, "ABC".downcase, "aBc".swapcase
    system "trim", "  a b ".strip, "  a".lstrip, "a  ".rstrip, "line\n".chomp, "file.rb".chomp(".rb"), "abc".chop
    system "parts", name[0], name[-1], name[1..3], name[1...3], name[2, 3], name[/o.i/], name["loc"].to_s, name[99].inspect
    system "find", name.index("o").to_s, name.index("z").inspect, name.include?("loc").to_s, name.start_with?("ve", "x").to_s
    system "count", name.length.to_s, "héllo".length.to_s, "héllo".bytesize.to_s, "banana".count("a").to_s
    system "split", *"a,b,,c".split(","), *" a  b ".split, *"a1b22c".split(/\d+/), *"k=v=w".split("=", 2)
    system "join", %w[a b c].join("-"), ["a", ["b", ["c"]]].join("/")
    system "sub", "aXbX".sub("X", "-"), "aXbX".gsub("X", "-"), "john smith".gsub(/\b(\w)/) { Regexp.last_match(1).upcase }
    system "back", "a-b".sub(/(\w)-(\w)/, '\2-\1'), "2023.1".tr(".", "_"), "hello".tr("a-y", "b-z"), "aaa".squeeze
    system "hash", "cat hat".gsub(/[ch]at/, "cat" => "dog", "hat" => "cap")
    system "scan", *"a1b22".scan(/\d+/), *"k=v;x=y".scan(/(\w)=(\w)/).flatten
    system "format", format("%05.1f|%-5s|%+d|%x|%o|%08b", 3.14159, "ab", 5, 255, 8, 5), "%s-%s" % %w[a b], "%d%%" % 50
    system "named", format("%<a>d %{b}", a: 1, b: "two")
    system "pad", "7".rjust(3, "0"), "7".ljust(3, "."), "ab".center(6, "*")
    system "order", ("a" <=> "b").to_s, ("b" == "b").to_s, "a".eql?("a").to_s, ("abc" =~ /c/).to_s, "abc".match?(/b/).to_s
    system "succ", "az".succ, "a9".next, "Zz".succ
    system "lines", *"a\nb\n".lines, *"x\ny".each_line.map(&:chomp)
    system "chars", *"abc".chars.reverse, *"abc".each_char.to_a, "abc".reverse, "ab" * 3, "a" + "b", "a" "b"
    system "delete", "hello".delete("l"), "prefix-name".delete_prefix("prefix-"), "a.tar.gz".delete_suffix(".tar.gz")
    system "partition", *"a.b.c".partition("."), *"a.b.c".rpartition(".")
    system "to", "12abc".to_i.to_s, "0x1f".hex.to_s, "1.5e3".to_f.to_s, "ff".to_i(16).to_s, "sym".to_sym.inspect
    system "inspect", "a\"b\n\t\e#{1}".inspect, 'it''s'.inspect, "\u00e9".inspect, :"odd sym".inspect
    text = <<~EOS
      first #{name}
        indented \
      joined
      last\ttab
    EOS
    system "heredoc", text
    system "raw", <<~'EOS', <<-DASH
      no #{interpolation} \n here
    EOS
      kept indent
      DASH
    system "percent", %q(it's (nested)), %Q[a #{name}], %(plain), *%i[a b].map(&:to_s), *%W[x#{1 + 1} y]
    changing = +"abc"
    changing << "d" << "e"
    changing.concat("f")
    changing.insert(1, "-")
    changing[0] = "A"
    changing.sub!("c", "C")
    system "changed", changing, changing.replace("new"), (changing.gsub!("zzz", "") || "unchanged")
    system "encode", "caf\u00e9".unicode_normalize.to_s, "abc".bytes.sum.to_s, "abc".sum.to_s, "a".ord.to_s, 98.chr
    system "each", "a-b".each_char.with_index.map { |c, i| "#{i}#{c}" }.join(","), "abc".upto("abe").to_a.join
    system "cmp", "v1.10".casecmp?("V1.10").to_s, "abc".casecmp("ABD").to_s, "é".ascii_only?.to_s, "".empty?.to_s
    system "sprintf", sprintf("%3d|%-3d|%03d|%.3s|%c|%5.1f%%", 7, 7, 7, "abcdef", "z", 99.55)
  end
end
