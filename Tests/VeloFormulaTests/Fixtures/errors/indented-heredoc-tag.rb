class Demo < Formula
  def caveats
    <<EOS
      Run it.
    EOS
  end

  test do
    system "true"
  end
end
