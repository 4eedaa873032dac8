from bot.commands import main

main()
