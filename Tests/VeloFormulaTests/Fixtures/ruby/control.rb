class Control < Formula
  url "https://example.org/control-1.0.tar.gz"

  LIMIT = 3
  NAMES = %w[a b].freeze

  class Failure < StandardError
    attr_reader :detail

    def initialize(message, detail = nil)
      super(message)
      @detail = detail
    end
  end

  module Greeting
    def greet(name = "you", punctuation: "!", **rest, &block)
      text = "hello #{name}#{punctuation}#{rest.keys.join}"
      block ? yield(text) : text
    end
  end
  include Greeting

  def self.shout(text)
    text.upcase
  end

  def kind(value)
    case value
    when nil then "nil"
    when Integer, Float then "number"
    when /^v(\d+)/ then "version #{Regexp.last_match(1)}"
    when "a".."f" then "letter"
    when :sym, *NAMES then "known"
    when ->(x) { x.respond_to?(:each) } then "many"
    else "other"
    end
  end

  def early(flag)
    return "early" if flag

    [1, 2, 3].each do |x|
      next if x == 1
      return "in block #{x}" if x == 2
    end
    "late"
  end

  def rescued(what)
    steps = []
    begin
      steps << "try"
      raise Failure.new("bad", 42) if what == :own
      raise ArgumentError, "wrong" if what == :argument
      raise "plain" if what == :plain

      Integer("x") if what == :integer
      [].fetch(9) if what == :index
      {}.fetch(:k) if what == :key
      nil.nothing if what == :nil
      steps << "fine"
    rescue Failure => e
      steps << "own #{e.message} #{e.detail}"
    rescue ArgumentError, IndexError => e
      steps << "#{e.class}"
    rescue NoMethodError
      steps << "no method"
    rescue => e
      steps << "other #{e.message}"
    else
      steps << "else"
    ensure
      steps << "ensure"
    end
    steps.join(" ")
  end

  def retried
    attempts = 0
    begin
      attempts += 1
      raise "again" if attempts < LIMIT

      "after #{attempts}"
    rescue RuntimeError
      retry
    end
  end

  def method_missing(name, *args)
    name.to_s.start_with?("dynamic_") ? "#{name}(#{args.join(",")})" : super
  end

  def respond_to_missing?(name, include_private = false)
    name.to_s.start_with?("dynamic_") || super
  end

  def install
    system "kinds", *[nil, 1, 1.5, "v12", "c", :sym, "b", [1], "zz"].map { |v| kind(v) }
    system "early", early(true), early(false)
    system "rescue", *%i[own argument plain integer index key nil none].map { |w| rescued(w) }
    system "retry", retried
    system "inline", (Integer("q") rescue "saved"), (raise("x") rescue "y")
    system "greet", greet, greet("me", punctuation: "?"), greet(x: 1, y: 2), greet { |t| t.upcase }
    system "class", self.class.shout("loud"), LIMIT.to_s, self.class::LIMIT.to_s
    system "missing", dynamic_thing(1, 2), respond_to?(:dynamic_x).to_s, respond_to?(:nothing).to_s
    count = 0
    count += 1 while count < 5
    until count.zero?
      count -= 1
      break if count == 2
    end
    system "loops", count.to_s
    found = [1, 2, 3].each { |x| break x * 10 if x == 2 }
    total = 0
    for i in 1..4 do
      next if i.odd?

      total += i
    end
    system "break", found.to_s, total.to_s, i.to_s
    result = loop do
      total += 1
      break "done #{total}" if total > 8
    end
    system "loop", result
    add = ->(a, b = 2) { a + b }
    twice = proc { |x, y| "#{x.inspect} #{y.inspect}" }
    curry = method(:kind)
    system "lambda", add.call(1).to_s, add.(1, 5).to_s, add[3].to_s, twice.call(1), twice.call([1, 2]), curry.call(7), add.lambda?.to_s, add.arity.to_s
    system "symbols", *%w[a b].map(&:upcase), *[1, 2].map(&10.method(:+)).map(&:to_s)
    value = nil
    value ||= "set"
    value &&= value + "!"
    other = value&.length || 0
    system "operators", value, other.to_s, nil&.length.inspect, (true && false).to_s, (nil || "or"), (not true).to_s
    x = if value.empty? then "e" elsif value.length > 3 then "long" else "short" end
    y = unless value then "none" else "some" end
    z = value ? "t" : "f"
    system "values", x, y, z, (defined?(undefined_thing)).inspect, defined?(value), [__method__].inspect
    a, b = 1, 2
    a, b = b, a
    h = { a:, b: }
    system "swap", a.to_s, b.to_s, h.inspect
    catch(:found) do
      10.times { |n| throw :found if n == 3 }
      system "never"
    end
    str = +""
    str << "x" if str.empty? and not str.nil?
    system "frozen", str, begin; "body"; end, [1, 2, 3].then { |p, *| p.inspect }
    define = Struct.new(:first, :second) do
      def both = "#{first}-#{second}"
    end
    pair = define.new("l", "r")
    system "struct", pair.both, pair.first, pair.to_a.inspect, (pair == define.new("l", "r")).to_s
    system "numbered", *[1, 2].map { _1 + 1 }.map(&:to_s), *[[1, 2]].map { |(p, q)| (p + q).to_s }
    system "instance", instance_variable_set(:@own, 5).to_s, @own.to_s, instance_variable_defined?(:@none).to_s, @none.inspect
    system "send", send(:early, true), public_send(:kind, 3), [3, 1].send(:sort).inspect, 5.respond_to?(:+).to_s
    system "is", 5.is_a?(Numeric).to_s, "s".instance_of?(String).to_s, (Failure < StandardError).to_s, Failure.ancestors.include?(Exception).to_s, 5.frozen?.to_s
  end
end
