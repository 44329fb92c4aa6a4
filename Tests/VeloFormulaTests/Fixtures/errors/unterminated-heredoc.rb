class Demo < Formula
  def caveats
    <<~EOS
      Run it.
  end

  test do
    system "true"
  end
end
