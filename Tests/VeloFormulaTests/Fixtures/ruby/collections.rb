class Collections < Formula
  url "https://example.org/collections-1.0.tar.gz"

  def show(title, *values)
    system title, *values.map(&:inspect)
  end

  def install
    list = [3, 1, 2]
    show "order", list.sort, list.sort { |a, b| b <=> a }, list.sort_by { |x| -x }, list.max, list.min, list.minmax, list.sum
    show "pick", list.first, list.last(2), list.take(2), list.drop(1), list[-1], list[0..1], list.fetch(1), list.dig(0), list.at(5)
    show "find", list.include?(2), list.index(1), list.find { |x| x > 2 }, list.select(&:odd?), list.reject(&:odd?), list.partition { |x| x > 1 }
    show "map", list.map { |x| x * 2 }, list.each_with_index.map { |x, i| x * i }, list.flat_map { |x| [x, x] }, list.filter_map { |x| x * 2 if x > 1 }
    show "fold", list.inject(:+), list.reduce(1) { |a, b| a * b }, list.each_with_object([]) { |x, a| a << x + 1 }
    show "group", %w[apple avocado bean].group_by { |w| w[0] }, %w[a b a].tally, %w[a b c d].each_slice(2).to_a, [1, 2, 4].each_cons(2).to_a
    show "shape", [1, [2, [3]]].flatten, [1, [2, [3]]].flatten(1), [nil, 1, nil].compact, [1, 1, 2].uniq, [1, 2].zip([3, 4]), [[1, 2], [3, 4]].transpose
    show "sets", [1, 2] & [2, 3], [1, 2] | [2, 3], [1, 2, 2] - [2], [1] + [2], [1, 2] * 2, [1, 2] <=> [1, 3]
    show "ask", list.any? { |x| x > 2 }, list.all?(Integer), list.none?, list.one? { |x| x == 1 }, [].empty?, list.count(&:even?)
    show "cut", list.take_while { |x| x > 2 }, list.drop_while { |x| x > 2 }, list.chunk_while { |a, b| a < b }.to_a, list.slice(0, 2)
    show "product", [1, 2].product([3, 4]), [1, 2, 3].combination(2).to_a, [1, 2, 3].rotate, [1, 2, 3].each_entry.to_a
    first, (second, *rest), third = 1, [2, 3, 4], 5
    show "assign", first, second, rest, third
    a, *b, c = *1..5
    show "splat", a, b, c
    changed = [5, 3]
    changed.push(1).unshift(9)
    changed.insert(1, 7)
    changed.delete(3)
    changed.delete_if { |x| x == 5 }
    changed.concat([4, 4])
    changed.map! { |x| x + 1 }
    changed[7] = :far
    show "changed", changed, changed.pop, changed.shift, changed.compact.reverse, changed.clear
    hash = { b: 2, "a" => 1, 3 => nil }
    show "hash", hash, hash[:b], hash["a"], hash[3], hash[:none], hash.fetch(:b), hash.fetch(:x, 9), hash.fetch(:x) { |k| k }, hash.key?(3)
    show "views", hash.keys, hash.values, hash.to_a, hash.length, hash.invert, hash.key(2), hash.dig(:b), hash.values_at(:b, "a")
    show "change", hash.merge({ b: 3, c: 4 }), hash.merge({ b: 3 }) { |_k, old, new| old + new }, hash.reject { |_k, v| v.nil? }, hash.select { |_k, v| v }
    show "turn", hash.transform_values(&:to_s), { a: 1 }.transform_keys(&:to_s), hash.map { |k, v| [k.to_s, v] }.to_h, { a: 1 }.to_h { |k, v| [v, k] }
    show "sort", { b: 1, a: 2 }.sort.to_h, { b: 1, a: 2 }.sort_by { |_k, v| v }, { b: 1, a: 2 }.min_by { |_k, v| v }, { a: 1 }.any? { |_k, v| v == 1 }
    counts = Hash.new { |h, k| h[k] = k.to_s * 2 }
    counts[:x]
    show "default", counts, Hash.new(0)[:none], { a: 1 }.compact, { a: nil }.compact, { a: 1, b: 2 }.slice(:a), { a: 1, b: 2 }.except(:a)
    show "each", { a: 1 }.each_with_object([]) { |(k, v), acc| acc << k << v }, { a: 1 }.each_pair.to_a, { a: 1, b: 2 }.sum { |_k, v| v }
    show "group", { a: 1, b: 2 }.partition { |_k, v| v > 1 }, { a: 1, b: 2 }.find { |_k, v| v == 2 }, { a: 1 }.delete(:a), [[:a, 1]].to_h
    range = (1..10)
    show "range", range.to_a.length, range.step(3).to_a, (1...4).to_a, ("a".."e").to_a, range.include?(5), range === 11, range.sum, (1..).first(2)
    show "number", 7 / 2, -7 / 2, 7 % 3, -7 % 3, 7.fdiv(2), 7.divmod(2), 2**10, 10.gcd(4), 3.7.floor, 3.2.ceil, 3.5.round, 3.14159.round(2), 10.digits, 255.to_s(2)
    show "float", 1.0, 1e20, 1.5e-7, 100.0 / 3, 0.1 + 0.2, 3.0.to_i, 1_000_000, 5.clamp(1, 3), 5.between?(1, 9), -3.abs, 3.zero?, 0.zero?
    5.downto(3) { |i| show "down", i }
    1.step(7, 3) { |i| show "step", i }
    3.times.map { |i| i }.each_with_index { |x, i| show "times", x, i }
    nested = { list: [{ name: "x", tags: %w[a b] }] }
    show "dig", nested.dig(:list, 0, :tags, 1), nested[:list].first[:name], nested.to_a.flatten(1).length
    show "tap", [1].tap { |l| l << 2 }, 5.then { |x| x + 1 }, [3, 1].sort!.first, [1, 2, 3].sum { |x| x * 10 }, [1, 2, 3].each_slice(2).map(&:sum)
    show "same", 1 == 1.0, 1.eql?(1.0), 1.equal?(1), [1] == [1], { a: 1 } == { a: 1 }, nil.to_a, nil.to_s, :a <=> :b
  end
end
