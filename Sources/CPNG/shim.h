// libpng by its simplified interface (png_image_*), which reports faults by return codes: PNG images.
#pragma once
#include <png.h>
