"""Makes the pictures of this folder with Pillow 9.4 (libjpeg-turbo, libwebp, libtiff)."""

import os

from PIL import Image

os.chdir(os.path.dirname(os.path.abspath(__file__)))

# 4 rows, 6 columns: red grows to the right, green downwards.
picture = Image.new("RGB", (6, 4))
picture.putdata([(40 * x, 60 * y, 255 - 20 * (x + y)) for y in range(4) for x in range(6)])
gray = Image.new("L", (6, 4))
gray.putdata([40 * x + 5 * y for y in range(4) for x in range(6)])

picture.save("picture.bmp")
picture.save("picture.webp", lossless=True)
picture.save("picture.tif", compression="tiff_lzw")
picture.save("picture.png", optimize=True)
gray.save("gray.tif", compression="tiff_deflate")
frame = picture.quantize(256, dither=0)
frame.save("picture.gif", save_all=True, append_images=[Image.new("P", (6, 4))], duration=100)

# A red half above a blue one, stored lying on its side: orientation 6 is turned right by a quarter when shown.
upright = Image.new("RGB", (16, 32), (200, 20, 20))
upright.paste((20, 20, 200), (0, 16, 16, 32))
exif = Image.Exif()
exif[0x0112] = 6
upright.transpose(Image.Transpose.ROTATE_90).save("turned.jpg", quality=95, subsampling=0, exif=exif)
Image.new("L", (16, 8), 130).save("gray.jpg", quality=95)

# What resizing is compared with: torchvision's Resize(8) and CenterCrop(8) of a PIL image are these two lines.
noise = Image.new("RGB", (31, 20))
noise.putdata([((x * y * 37) % 256, (x * 91 + y * y) % 256, (x * x * 5 + y * 17) % 256) for y in range(20) for x in range(31)])
noise.save("noise.bmp")
resized = noise.resize((31 * 8 // 20, 8), Image.Resampling.BILINEAR)
left = (resized.width - 8) // 2
resized.crop((left, 0, left + 8, 8)).save("noise-8.bmp")
noise.convert("L").save("noise-gray.bmp")
