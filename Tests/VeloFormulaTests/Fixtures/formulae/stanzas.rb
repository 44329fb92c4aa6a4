class Stanzas < Formula
  desc "Every stanza that says something about a formula"
  homepage "https://example.org/stanzas/"
  url "https://example.org/stanzas-2.5.1.tar.gz"
  mirror "https://mirror.example.net/stanzas-2.5.1.tar.gz"
  sha256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  license all_of: [
    "MIT",
    { any_of: ["Apache-2.0", "GPL-2.0-or-later" => { with: "Classpath-exception-2.0" }] },
    :public_domain,
  ]
  revision 2
  version_scheme 1
  head "https://example.org/stanzas.git", branch: "main"

  livecheck do
    url :homepage
    regex(/href=.*?stanzas[._-]v?(\d+(?:\.\d+)+)\.t/i)
  end

  bottle do
    root_url "https://bottles.example.org/files"
    rebuild 3
    sha256 cellar: :any,                 arm64_ventura: "1111111111111111111111111111111111111111111111111111111111111111"
    sha256 cellar: :any_skip_relocation, monterey:      "2222222222222222222222222222222222222222222222222222222222222222"
    sha256 cellar: "/opt/other/Cellar",  big_sur:       "3333333333333333333333333333333333333333333333333333333333333333"
    sha256                               x86_64_linux:  "4444444444444444444444444444444444444444444444444444444444444444"
  end

  keg_only :versioned_formula

  deprecate! date: "2020-02-03", because: :repo_archived
  disable! date: "2999-01-01", because: "it will be gone"

  option "with-extras", "Build the extras"

  conflicts_with "other", because: "both install `bin/thing`"
  conflicts_with "one", "two"
  link_overwrite "bin/thing", "share/thing/*"
  skip_clean "libexec", :la
  pour_bottle? only_if: :default_prefix
  fails_with gcc: "5"
  fails_with :clang do
    build 600
    cause "it does not understand it"
  end

  service do
    run [opt_bin/"thing", "--port", "80"]
    keep_alive true
    log_path var/"log/thing.log"
  end

  def install
    system "make", "PREFIX=#{prefix}", "VERSION=#{version}", "install"
  end

  def post_install
    (var/"thing").mkpath
  end

  def caveats
    <<~EOS
      Data is in #{var}/thing, settings in #{etc}/thing.
      Version #{version.major_minor}, keg #{opt_prefix}.
    EOS
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/thing --version")
  end
end
