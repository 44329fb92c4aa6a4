class Demo < Formula
  desc "one
  homepage "https://demo.example/"
  depends_on "a" => [:build

  def install
    system "make", "install" if
    args = %w[--one --two]
    system "./configure" *args, )
    bin.install "demo"
  end

  def caveats
    <<~EOS
      Text.
    EOS
  end
  end

  test do
    assert_match "x", shell_output("#{bin}/demo"
  end
end
