class Lua < Formula
  desc "Small scripting language made to be embedded"
  homepage "https://www.lua.org/"
  url "https://www.lua.org/ftp/lua-5.4.4.tar.gz"
  sha256 "164c7849653b80ae67bec4b7473b884bf5cc8d2dca05653475ec2ed27b9ebf61"
  license "MIT"

  def install
    # Modules of every formula are looked for in the linked prefix.
    inreplace "src/luaconf.h", '"/usr/local/"', "\"#{HOMEBREW_PREFIX}/\""

    platform = OS.mac? ? "macosx" : "linux"
    system "make", platform, "CC=#{ENV.cc}"
    system "make", "install", "INSTALL_TOP=#{prefix}", "INSTALL_MAN=#{man1}"

    (lib/"pkgconfig/lua.pc").write <<~PC
      prefix=#{opt_prefix}
      libdir=${prefix}/lib
      includedir=${prefix}/include

      Name: Lua
      Description: #{desc}
      Version: #{version}
      Libs: -L${libdir} -llua -lm -ldl
      Cflags: -I${includedir}
    PC
  end

  test do
    assert_equal "42\n", shell_output("#{bin}/lua -e 'print(6 * 7)'")
    assert_match "#{HOMEBREW_PREFIX}/share/lua/#{version.major_minor}/?.lua",
                 shell_output("#{bin}/lua -e 'print(package.path)'")

    (testpath/"host.c").write <<~C
      #include <lauxlib.h>
      #include <lualib.h>

      int main(void) {
        lua_State *lua = luaL_newstate();
        luaL_openlibs(lua);
        int failed = luaL_dostring(lua, "print('from ' .. _VERSION)");
        lua_close(lua);
        return failed;
      }
    C
    system ENV.cc, "host.c", "-o", "host", "-I#{include}", "-L#{lib}", "-llua", "-lm", "-ldl"
    assert_equal "from Lua #{version.major_minor}\n", shell_output("./host")
  end
end
