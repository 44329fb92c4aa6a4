class Languages < Formula
  include Language::Python::Virtualenv
  include Language::Python::Shebang

  desc "Helpers for formulae in other languages"
  homepage "https://example.org/"
  url "https://example.org/languages-0.3.tar.gz"
  sha256 "7878787878787878787878787878787878787878787878787878787878787878"

  depends_on "openjdk@17"
  depends_on "python@3.11"

  resource "six" do
    url "https://example.org/six-1.16.0.tar.gz"
    sha256 "9090909090909090909090909090909090909090909090909090909090909090"
  end

  def python3
    which("python3.11") || "python3.11"
  end

  def install
    venv = virtualenv_create(libexec, "python3.11")
    venv.pip_install resource("six")
    venv.pip_install_and_link buildpath
    system python3, *Language::Python.setup_install_args(prefix, python3)
    system "echo", Language::Python.site_packages("python3.11"), prefix/Language::Python.site_packages("python3.11")
    env = Language::Java.java_home_env("17")
    system "java", env.keys.first.to_s, Language::Java.overridable_java_home_env("17").values.first.to_s
    rewrite_shebang detected_python_shebang, *Dir["bin/*"]
    libexec.install "app.jar"
    bin.write_jar_script libexec/"app.jar", "app", java_version: "17"
    system "perl", "Makefile.PL", "INSTALL_BASE=#{libexec}"
    system "gem", "build", "x.gemspec"
    system "gem", "install", "x-#{version}.gem", "--no-document", "--install-dir", libexec
    bin.env_script_all_files libexec/"bin", GEM_HOME: ENV["GEM_HOME"]
  end
end
