class Md4c < Formula
  desc "Markdown parser in C, with a command that turns Markdown into HTML"
  homepage "https://github.com/mity/md4c"
  url "https://github.com/mity/md4c/archive/refs/tags/release-0.4.8.tar.gz"
  sha256 "4a457df853425b6bb6e3457aa1d1a13bccec587a04c38c622b1013a0da41439f"
  license "MIT"

  depends_on "cmake" => :build

  def install
    system "cmake", "-S", ".", "-B", "build", "-DCMAKE_INSTALL_RPATH=#{rpath}", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    (testpath/"page.md").write <<~MD
      # Title

      A *short* text, and

      | a | table |
      |---|-------|
      | 1 | 2     |
    MD
    html = shell_output("#{bin}/md2html --github page.md")
    assert_match "<h1>Title</h1>", html
    assert_match "<p>A <em>short</em> text, and</p>", html
    assert_match "<td>2</td>", html
  end
end
