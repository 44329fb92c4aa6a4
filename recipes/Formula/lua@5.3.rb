class LuaAT53 < Formula
  desc "Small scripting language made to be embedded, with LPeg for parsing"
  homepage "https://www.lua.org/"
  url "https://www.lua.org/ftp/lua-5.3.6.tar.gz"
  sha256 "fc5fd69bb8736323f026672b1b7235da613d7177e72558893a0bdcd320466d60"
  license "MIT"

  keg_only :versioned_formula

  resource "lpeg" do
    url "https://www.inf.puc-rio.br/~roberto/lpeg/lpeg-1.0.2.tar.gz"
    sha256 "48d66576051b6c78388faad09b70493093264588fcd0f258ddaab1cdd4a15ffe"
  end

  def install
    # Its modules live in its own keg: the linked prefix belongs to the current Lua.
    inreplace "src/luaconf.h", '"/usr/local/"', "\"#{opt_prefix}/\""

    # The plain POSIX target, and loading of modules; the others want readline.
    libs = OS.mac? ? "" : "-Wl,-E -ldl"
    system "make", "posix", "CC=#{ENV.cc}", "MYCFLAGS=-DLUA_USE_DLOPEN", "MYLIBS=#{libs}"
    system "make", "install", "INSTALL_TOP=#{prefix}", "INSTALL_MAN=#{man1}"

    resource("lpeg").stage do
      system "make", OS.mac? ? "macosx" : "linux", "CC=#{ENV.cc}", "LUADIR=#{include}"
      (lib/"lua/5.3").install "lpeg.so"
      (share/"lua/5.3").install "re.lua"
    end
  end

  test do
    (testpath/"match.lua").write <<~LUA
      local re = require "re"
      print(_VERSION, re.match("velocity 42", "%a+ ' ' {%d+}"))
    LUA
    assert_equal "Lua 5.3\t42\n", shell_output("#{bin}/lua match.lua")
  end
end
