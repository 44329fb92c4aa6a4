#pragma once
#pragma clang module import SwiftGlibc
#include <libdeflate.h>
